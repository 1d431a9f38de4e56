#include "pool/pool_history.hpp"
#include <doctest/doctest.h>

namespace cog {

namespace {

using namespace std::chrono_literals;
using clock = pool_history::clock;

const clock::time_point start{1'700'000'000s};

prediction_snapshot ended(prediction_status status, clock::time_point at, double seconds = 1, double waited = 0) {
  prediction_snapshot result;
  result.id = "p";
  result.status = status;
  result.completed = at;
  result.predict_time = seconds;
  result.started = at - std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>{seconds});
  result.created = result.started - std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>{waited});
  return result;
}

worker_report report(uint64_t index, worker_phase phase, std::string cause = {}) {
  worker_report result;
  result.index = index;
  result.phase = phase;
  result.cause = std::move(cause);
  return result;
}

}   // namespace

TEST_CASE("recent_window: rates are of the time asked for, or of the time since the start") {
  recent_window window{start};
  for (int i = 0; i < 60; ++i)
    window.count_end(ended(prediction_status::succeeded, start + 1s));
  CHECK(window.rates_over(60s, start + 10s).succeeded == doctest::Approx(6));
  CHECK(window.rates_over(60s, start + 30s).succeeded == doctest::Approx(2));
  CHECK(window.rates_over(60s, start + 70s).succeeded == 0);
  CHECK(window.rates_over(300s, start + 200s).succeeded == doctest::Approx(0.3));
  CHECK(window.rates_over(300s, start + 301s).succeeded == 0);
}

TEST_CASE("recent_window: ends are told apart, refusals counted beside them") {
  recent_window window{start};
  window.count_end(ended(prediction_status::succeeded, start));
  window.count_end(ended(prediction_status::failed, start));
  window.count_end(ended(prediction_status::failed, start));
  window.count_end(ended(prediction_status::canceled, start));
  window.count_end(ended(prediction_status::processing, start));
  for (int i = 0; i < 4; ++i)
    window.count_refusal(start);
  auto rates = window.rates_over(60s, start + 10s);
  CHECK(rates.succeeded == doctest::Approx(0.1));
  CHECK(rates.failed == doctest::Approx(0.2));
  CHECK(rates.canceled == doctest::Approx(0.1));
  CHECK(rates.refused == doctest::Approx(0.4));
}

TEST_CASE("recent_window: times to run and to wait are of five minutes, and a step is used again") {
  recent_window window{start};
  window.count_end(ended(prediction_status::succeeded, start, 2, 0.5));
  window.count_end(ended(prediction_status::succeeded, start + 295s, 4, 1));
  CHECK(window.run_times(start + 295s).count() == 2);
  CHECK(window.wait_times(start + 295s).longest() == doctest::Approx(1));
  CHECK(window.run_times(start + 301s).count() == 1);
  window.count_end(ended(prediction_status::succeeded, start + 300s, 8));
  CHECK(window.run_times(start + 301s).count() == 2);
  CHECK(window.run_times(start + 3000s).count() == 0);
}

TEST_CASE("recent_window: what never began has only waited") {
  recent_window window{start};
  auto never = ended(prediction_status::canceled, start);
  never.started = {};
  window.count_end(never);
  CHECK(window.run_times(start).count() == 0);
  CHECK(window.rates_over(60s, start + 1s).canceled > 0);
}

TEST_CASE("pool_history: the last 20 failures, the newest first, with the ends of their logs") {
  pool_history history{start};
  for (int i = 0; i < 25; ++i) {
    auto failed = ended(prediction_status::failed, start);
    failed.id = std::to_string(i);
    failed.error = std::string(5000, 'e');
    failed.logs = "begin" + std::string(4096, 'l');
    history.count_end(failed, 3);
  }
  history.count_end(ended(prediction_status::succeeded, start), 3);
  CHECK(history.failures.size() == 20);
  CHECK(history.failures.front().id == "24");
  CHECK(history.failures.back().id == "5");
  CHECK(history.failures.front().worker == 3);
  CHECK(history.failures.front().error.size() == 4096);
  CHECK(history.failures.front().log_tail == std::string(4096, 'l'));
}

TEST_CASE("pool_history: a worker's states, ends and deaths") {
  pool_history history{start};
  history.note(report(1, worker_phase::starting), worker_phase::waiting, health_status::starting, {}, start + 1s);
  history.note(report(1, worker_phase::ready), worker_phase::starting, health_status::ready, {}, start + 2s);
  history.note(report(1, worker_phase::ready), worker_phase::ready, health_status::busy, {}, start + 3s);
  CHECK(history.workers.at(1).since == start + 2s);
  CHECK(history.since == start + 2s);
  history.count_end(ended(prediction_status::succeeded, start + 4s), 1);
  CHECK(history.workers[1].predictions == 1);
  history.note(report(1, worker_phase::restarting, "signal 9"), worker_phase::ready, health_status::starting,
               {"a", "b"}, start + 5s);
  CHECK(history.workers[1].restarts == 1);
  CHECK(history.workers[1].cause == "signal 9");
  CHECK(history.workers[1].died_at == start + 5s);
  CHECK(history.since == start + 5s);
  REQUIRE(history.deaths.size() == 1);
  CHECK(history.deaths[0].predictions == std::vector<std::string>{"a", "b"});
  CHECK(history.deaths[0].worker == 1);
}

TEST_CASE("pool_history: deaths are limited, and so are their ids") {
  pool_history history{start};
  for (int i = 0; i < 30; ++i)
    history.note(report(0, worker_phase::restarting), worker_phase::ready, health_status::starting,
                 std::vector<std::string>(500, "id"), start);
  CHECK(history.deaths.size() == 20);
  CHECK(history.deaths[0].predictions.size() == 100);
}

TEST_CASE("json_text_end: begins with a whole character, whatever is cut") {
  CHECK(json_text_end("short", 10) == "short");
  CHECK(json_text_end("0123456789", 4) == "6789");
  CHECK(json_text_end(R"(ab\ncd)", 3) == "cd");
  CHECK(json_text_end(R"(ab\\cd)", 3) == "cd");
  CHECK(json_text_end(R"(ab\\\ncd)", 3) == "cd");
  CHECK(json_text_end(R"(ab\\ncd)", 3) == "ncd");
  for (size_t most = 1; most <= 5; ++most)
    CHECK(json_text_end(R"(xy\u001b)", most).empty());
  CHECK(json_text_end(R"(xy\u001bz)", 5) == "z");
  CHECK(json_text_end(R"(xy\u001b)", 6) == R"(\u001b)");
  CHECK(json_text_end("a\xC3\xA4z", 2) == "z");
  CHECK(json_text_end("a\xF0\x9F\x98\x80z", 4) == "z");
}

}   // namespace cog
