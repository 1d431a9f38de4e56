#include "pool/pool_metrics.hpp"
#include "pool/queue_forecast.hpp"
#include "pool/queue_metrics.hpp"
#include <doctest/doctest.h>

using namespace cog;
using doctest::Approx;

namespace {

/// Predictions that take 100 ms each.
struct steady {
  explicit steady(int ends = 20, double seconds = 0.1) {
    for (int i = 0; i < ends; ++i)
      times.add(seconds);
  }
  service_times times;
  queue_forecast forecast{times};
};

bool has(const std::string& text, std::string_view line) {
  return text.find(line) != std::string::npos;
}

}   // namespace

TEST_CASE("forecast: with a free slot nobody waits") {
  CHECK(steady{0}.forecast.wait({.is_free = true}) == 0.0);
  CHECK(steady{}.forecast.wait({.before = 0, .slots = 4, .is_free = true}) == 0.0);
}

TEST_CASE("forecast: while nothing is known there is none") {
  steady test{0};
  CHECK_FALSE(test.forecast.wait({.before = 3, .slots = 1}));
  CHECK(test.forecast.retry_after({.before = 3, .slots = 1}) == 1);
  CHECK_FALSE(test.forecast.too_long({.before = 1000, .slots = 1}, 0.001));
  CHECK(test.forecast.is_worth_a_start(0.001));
}

TEST_CASE("forecast: those before it and itself, by the slots") {
  steady test;
  CHECK(*test.forecast.wait({.before = 0, .slots = 1}) == Approx(0.1));
  CHECK(*test.forecast.wait({.before = 7, .slots = 1}) == Approx(0.8));
  CHECK(*test.forecast.wait({.before = 7, .slots = 4}) == Approx(0.2));
}

TEST_CASE("forecast: while low ones wait an eighth of the starts is theirs") {
  steady test;
  CHECK(*test.forecast.wait({.before = 6, .slots = 1, .shares = true}) == Approx(0.8));
}

TEST_CASE("forecast: while no worker is live, until one is") {
  steady test;
  CHECK(*test.forecast.wait({.before = 1, .slots = 2, .restart = 5}) == Approx(5.1));
  CHECK(*steady{0}.forecast.wait({.before = 1, .slots = 2, .restart = 5}) == Approx(5));
  CHECK(*test.forecast.wait({.before = 1, .slots = 0}) == Approx(0.2));   // and never by nothing
}

TEST_CASE("forecast: refused is who would not be done in time, deviation and a slow one included") {
  steady test;
  // 0.4 s of waiting and 0.1 s of its own
  CHECK_FALSE(test.forecast.too_long({.before = 3, .slots = 1}, 0.501));
  CHECK(*test.forecast.too_long({.before = 3, .slots = 1}, 0.499) == Approx(0.5));
  for (int i = 0; i < 50; ++i) {
    test.times.add(0.05);
    test.times.add(0.15);
  }
  // The mean is the same, but now 0.05 s of deviation by the root of four, and 0.15 s of its own.
  CHECK(*test.forecast.too_long({.before = 3, .slots = 1}, 0.5) == Approx(0.4 + 0.05 * 2 + 0.15));
}

TEST_CASE("forecast: with a free slot the median decides") {
  steady test;
  for (int i = 0; i < 8; ++i)
    test.times.add(10);
  CHECK_FALSE(test.forecast.too_long({.slots = 2, .is_free = true}, 0.1));
  CHECK(*test.forecast.too_long({.slots = 2, .is_free = true}, 0.09) == Approx(0.1));
}

TEST_CASE("forecast: who has the server for himself is let in, so that it is seen when predictions become faster") {
  CHECK_FALSE(steady{}.forecast.too_long({.slots = 2, .is_free = true, .is_idle = true}, 0.001));
}

TEST_CASE("forecast: nobody is refused before eight have ended") {
  CHECK_FALSE(steady{7}.forecast.too_long({.before = 100, .slots = 1}, 0.1));
  CHECK(steady{8}.forecast.too_long({.before = 100, .slots = 1}, 0.1));
}

TEST_CASE("forecast: whose turn it is starts if half of them would be done in time") {
  steady test;
  CHECK(test.forecast.is_worth_a_start(0.1));
  CHECK_FALSE(test.forecast.is_worth_a_start(0.09));
  CHECK(steady{7}.forecast.is_worth_a_start(0.09));
}

TEST_CASE("forecast: Retry-After is the wait, rounded up, of 1 to 60 seconds") {
  steady test{20, 1};
  CHECK(test.forecast.retry_after({.before = 0, .slots = 1}) == 1);
  CHECK(test.forecast.retry_after({.before = 4, .slots = 2}) == 3);
  CHECK(test.forecast.retry_after({.before = 7, .slots = 2}) == 4);
  CHECK(test.forecast.retry_after({.before = 1000, .slots = 2}) == 60);
  CHECK(test.forecast.retry_after({.slots = 2, .is_free = true}) == 1);
  CHECK(steady{}.forecast.retry_after({.before = 1, .slots = 1}) == 1);
  CHECK(steady{}.forecast.retry_after({.before = 0, .slots = 1, .restart = 2.5}) == 3);
}

TEST_CASE("queue metrics: what has become of those who waited") {
  queue_metrics metrics;
  waiting_queue queue{queue_rules{.places = 10}};
  queue.add({});
  queue.add({.low = true});
  queue.add({.low = true});
  metrics.count_start(false, 0.3);
  metrics.count_start(false, 4000);
  metrics.count(shed_reason::full);
  metrics.count(shed_reason::queue_time);
  metrics.count(shed_reason::queue_time);
  auto text = metrics.text(queue, steady{}.times);
  CHECK(has(text, "cog_queue_seconds_bucket{class=\"normal\",le=\"0.25\"} 0\n"));
  CHECK(has(text, "cog_queue_seconds_bucket{class=\"normal\",le=\"0.5\"} 1\n"));
  CHECK(has(text, "cog_queue_seconds_bucket{class=\"normal\",le=\"+Inf\"} 2\n"));
  CHECK(has(text, "cog_queue_seconds_sum{class=\"normal\"} 4000.3\n"));
  CHECK(has(text, "cog_queue_seconds_count{class=\"low\"} 0\n"));
  CHECK(has(text, "cog_queue_length{class=\"normal\"} 1\ncog_queue_length{class=\"low\"} 2\n"));
  CHECK(has(text, "cog_shed_total{why=\"full\"} 1\n"));
  CHECK(has(text, "cog_shed_total{why=\"key\"} 0\n"));
  CHECK(has(text, "cog_shed_total{why=\"queue_time\"} 2\n"));
  CHECK(has(text, "cog_service_seconds{q=\"mean\"} 0.1"));
  CHECK(has(text, "# TYPE cog_queue_seconds histogram\n"));
}
