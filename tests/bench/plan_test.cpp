#include "bench/plan.hpp"
#include <doctest/doctest.h>
#include <stdexcept>

using namespace cog::bench;

namespace {

constexpr auto report = R"({
  "steps": [
    {"requests": 100, "ok": 100, "errors": 0, "answers_per_second": 9.5, "latency_ms": {"mean": 105.0}},
    {"requests": 400, "ok": 400, "errors": 0, "answers_per_second": 40, "latency_ms": {"mean": 200.0}},
    {"requests": 900, "ok": 450, "errors": 450, "answers_per_second": 90, "latency_ms": {"mean": 1.0}}
  ],
  "server_metrics": {
    "series": [{"slots": 4}, {"slots": 4}],
    "changes": {"cog_predict_seconds_sum": 50, "cog_predict_seconds_count": 500}
  }
})";

}   // namespace

TEST_CASE("plan: a report tells what a server takes; steps with errors do not count") {
  auto server = read_measured(report);
  CHECK(server.rate == 40);
  CHECK(server.seconds == doctest::Approx(0.1));
  CHECK(server.slots == 4);
}

TEST_CASE("plan: without the server's metrics the least latency counts, and one slot") {
  auto server = read_measured(R"({"steps": [{"requests": 10, "errors": 0, "answers_per_second": 5,
                                  "latency_ms": {"mean": 200}}], "server_metrics": {"series": [], "changes": {}}})");
  CHECK(server.seconds == doctest::Approx(0.2));
  CHECK(server.slots == 1);
}

TEST_CASE("plan: what is no report is said") {
  CHECK_THROWS_WITH_AS(read_measured("nothing"), doctest::Contains("no JSON"), std::runtime_error);
  CHECK_THROWS_WITH_AS(read_measured("{}"), doctest::Contains("no report"), std::runtime_error);
  CHECK_THROWS_WITH_AS(read_measured(R"({"steps": []})"), doctest::Contains("had errors"), std::runtime_error);
}

TEST_CASE("plan: pods leave the room that was wished for") {
  measured_server server{.rate = 10, .seconds = 0.1, .slots = 1};
  CHECK(plan_pods(server, {.rate = 8}).pods == 1);
  CHECK(plan_pods(server, {.rate = 8.1}).pods == 2);
  CHECK(plan_pods(server, {.rate = 100}).pods == 13);
  CHECK(plan_pods(server, {.rate = 100, .room = 0.5}).pods == 20);
  CHECK_THROWS_AS(plan_pods(server, {.rate = 1e9}), std::runtime_error);
}

TEST_CASE("plan: the line of one slot is that of the textbook") {
  // One slot at 80 %: four fifths wait, on average four times as long as a prediction takes.
  auto plan = plan_pods({.rate = 10, .seconds = 0.1, .slots = 1}, {.rate = 8});
  CHECK(plan.use == doctest::Approx(0.8));
  CHECK(plan.mean_wait == doctest::Approx(0.4));
  CHECK(plan.slow_wait == doctest::Approx(2.191).epsilon(0.001));
  CHECK(plan.places == 30);
}

TEST_CASE("plan: many slots wait less than as many pods of one") {
  auto one = plan_pods({.rate = 10, .seconds = 0.1, .slots = 1}, {.rate = 64});
  auto eight = plan_pods({.rate = 80, .seconds = 0.1, .slots = 8}, {.rate = 64});
  CHECK(one.pods == 8);
  CHECK(eight.pods == 1);
  CHECK(eight.mean_wait < one.mean_wait / 4);
  CHECK(eight.places < one.places);
}

TEST_CASE("plan: GPU hours") {
  auto plan = plan_pods({.rate = 10, .seconds = 0.1, .slots = 1}, {.rate = 16, .gpus = 4});
  CHECK(plan.pods == 2);
  CHECK(plan.gpu_hours_a_day == 192);
  CHECK(plan.gpu_hours_a_million == doctest::Approx(138.9).epsilon(0.001));
}
