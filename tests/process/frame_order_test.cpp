#include "process/frame_order.hpp"
#include "process/run_numbers.hpp"
#include <doctest/doctest.h>
#include <vector>

using namespace cog;

namespace {

using enum frame_kind;

constexpr auto data = worker_socket::data;
constexpr auto control = worker_socket::control;

/// What is said of the last of these frames; those before are in order.
std::string verdict(const std::vector<std::pair<worker_socket, frame_kind>>& frames) {
  frame_order order;
  std::string problem;
  for (auto [from, kind] : frames) {
    CHECK(problem == "");
    problem = order.take(from, kind);
  }
  return problem;
}

}   // namespace

TEST_CASE("frame_order: a whole life is in order") {
  CHECK(verdict({{data, hello},
                 {data, log},
                 {data, described},
                 {data, log},
                 {data, ready},
                 {control, pong},
                 {data, output},
                 {data, metric},
                 {data, log},
                 {data, poisoned},
                 {data, done},
                 {control, done},
                 {control, health}}) == "");
  CHECK(verdict({{data, hello}, {data, setup_failed}}) == "");
  CHECK(verdict({{data, hello}, {data, described}, {data, setup_failed}, {data, log}}) == "");
}

TEST_CASE("frame_order: what is out of order or on the wrong socket is named") {
  struct row {
    std::vector<std::pair<worker_socket, frame_kind>> frames;
    std::string problem;
  };
  const row rows[] = {
    {{{data, described}}, "an unexpected described frame on the data socket"},
    {{{data, ready}}, "an unexpected ready frame on the data socket"},
    {{{data, setup_failed}}, "an unexpected setup_failed frame on the data socket"},
    {{{data, done}}, "an unexpected done frame on the data socket"},
    {{{data, output}}, "an unexpected output frame on the data socket"},
    {{{data, metric}}, "an unexpected metric frame on the data socket"},
    {{{data, poisoned}}, "an unexpected poisoned frame on the data socket"},
    {{{control, pong}}, "an unexpected pong frame on the control socket"},
    {{{control, health}}, "an unexpected health frame on the control socket"},
    {{{control, hello}}, "an unexpected hello frame on the control socket"},
    {{{data, hello}, {data, hello}}, "an unexpected hello frame on the data socket"},
    {{{data, hello}, {data, ready}}, "an unexpected ready frame on the data socket"},
    {{{data, hello}, {data, done}}, "an unexpected done frame on the data socket"},
    {{{data, hello}, {control, described}}, "an unexpected described frame on the control socket"},
    {{{data, hello}, {data, described}, {data, described}}, "an unexpected described frame on the data socket"},
    {{{data, hello}, {data, described}, {data, output}}, "an unexpected output frame on the data socket"},
    {{{data, hello}, {data, setup_failed}, {data, ready}}, "an unexpected ready frame on the data socket"},
    {{{data, hello}, {data, setup_failed}, {data, setup_failed}},
     "an unexpected setup_failed frame on the data socket"},
    {{{data, hello}, {data, described}, {data, ready}, {data, setup_failed}},
     "an unexpected setup_failed frame on the data socket"},
    {{{data, hello}, {data, described}, {data, ready}, {data, ready}}, "an unexpected ready frame on the data socket"},
    {{{data, hello}, {data, described}, {data, ready}, {control, output}},
     "an unexpected output frame on the control socket"},
    {{{data, hello}, {data, described}, {data, ready}, {control, log}},
     "an unexpected log frame on the control socket"},
    {{{data, hello}, {data, described}, {data, ready}, {data, pong}}, "an unexpected pong frame on the data socket"},
    {{{data, run}}, "an unexpected run frame on the data socket"},
    {{{control, cancel}}, "an unexpected cancel frame on the control socket"},
    {{{control, end}}, "an unexpected end frame on the control socket"},
    {{{data, static_cast<frame_kind>(99)}}, "a frame of the unknown kind 99"},
  };
  for (auto& [frames, problem] : rows)
    CHECK(verdict(frames) == problem);
}

TEST_CASE("run_numbers: frames of what has ended early are late until its done frame") {
  run_numbers numbers;
  CHECK(numbers.next() == 1);
  CHECK(numbers.next() == 2);
  CHECK(numbers.was_sent(1));
  CHECK(numbers.was_sent(2));
  CHECK_FALSE(numbers.was_sent(0));
  CHECK_FALSE(numbers.was_sent(3));
  CHECK_FALSE(numbers.is_late(output, 1));
  numbers.end_early(1);
  CHECK(numbers.is_late(output, 1));
  CHECK(numbers.is_late(log, 1));
  CHECK_FALSE(numbers.is_late(log, 2));
  CHECK(numbers.is_late(done, 1));
  CHECK_FALSE(numbers.is_late(done, 1));
  CHECK_FALSE(numbers.is_late(output, 1));
}
