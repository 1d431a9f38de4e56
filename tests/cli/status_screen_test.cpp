#include "cli/top/status_screen.hpp"
#include <algorithm>
#include <doctest/doctest.h>
#include <string>

namespace cog {

namespace {

constexpr std::string_view busy =
  R"({"status":"BUSY","since":"2026-01-02T03:04:05.678+00:00","model":{"reference":"run.py:Runner"},)"
  R"("slots":{"total":4,"live":3,"busy":2,"waiting":7,"queue":10},"http":{"connections":5},)"
  R"("latency":{"count":12,"p50":0.0005,"p90":0.25,"p99":2,"max":70,"queue":{"count":12,"p50":0,"max":1}},)"
  R"("rates":{"1m":{"succeeded":1.5,"failed":0.25,"canceled":0,"refused":0},"5m":{"succeeded":0.3}},)"
  R"("workers":[{"index":0,"state":"busy","pid":77,"predictions":9,"restarts":{"total":1},"rss_bytes":1572864,)"
  R"("cpu_seconds":1.5,"running":[{"id":"one"},{"id":"two"}]},{"index":1,"state":"given_up","running":[]}],)"
  R"("gpus":[{"index":3,"name":"H200","state":"up","memory_bytes":150000000000,"memory_used_bytes":1073741824,)"
  R"("utilization":0.42,"workers":[0,1]}],)"
  R"("failures":[{"id":"bad","at":"2026-01-02T03:04:06Z","error":"\u001b[31mred\ntwo","log_tail":"a\nb\u0007\n"}],)"
  R"("deaths":[{"at":"2026-01-02T03:04:07Z","worker":1,"cause":"signal 9","predictions":["x","y"]}]})";

std::string draw(std::string_view text, const screen_style& style) {
  json_error ignored;
  auto status = parse_json(text, ignored);
  REQUIRE(status);
  std::string all;
  for (auto& line : draw_status(*status, "http://here:1", style))
    all += line + "\n";
  return all;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}   // namespace

TEST_CASE("status_screen: shows slots, rates, times, workers, devices and deaths") {
  auto shown = draw(busy, {});
  for (auto* part : {"http://here:1  BUSY  run.py:Runner  since 2026-01-02T03:04:05", "slots 2/4 busy, 3 live",
                     "waiting 7 of 10 places", "1m  1.5", "last 5 min, 12 ended", "500 us  250 ms  2 s   70 s",
                     "busy      77   1.5 MiB  1.5 s  9     1         one and 1 more", "given_up", "1.0 GiB of 140 GiB",
                     "42 %", "0,1", "worker 1  signal 9  took 2"})
    CHECK_MESSAGE(has(shown, part), shown);
}

TEST_CASE("status_screen: the logs of failures only when asked for, and nothing of them acts on the terminal") {
  CHECK(has(draw(busy, {}), "bad  [31mred two\n"));
  CHECK_FALSE(has(draw(busy, {}), "    a\n"));
  auto shown = draw(busy, {.failures = true});
  CHECK(has(shown, "    a\n    b\n"));
  CHECK(std::none_of(shown.begin(), shown.end(), [](char byte) { return byte == '\x1b' || byte == '\a'; }));
}

TEST_CASE("status_screen: lines are cut by characters, colours do not count") {
  auto shown = draw(busy, {.columns = 30, .color = true});
  CHECK(has(shown, "http://here:1  \x1b[1;32mBUSY\x1b[0m  run.py:Ru\x1b[0m\n"));
  auto wide = draw(R"({"status":"READY","model":{"reference":"äöüäöüäöüäöü"}})", {.columns = 30});
  CHECK(has(wide, "http://here:1  READY  äöüäöüäö\n"));
}

TEST_CASE("status_screen: whatever is missing is left out") {
  CHECK(has(draw("{}", {}), "slots 0/0 busy"));
  CHECK(has(draw(R"({"workers":7,"gpus":{},"failures":null,"slots":[],"status":5})", {}), "http://here:1  5"));
}

}   // namespace cog
