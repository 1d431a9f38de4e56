#include "bench/batch_sweep.hpp"
#include <doctest/doctest.h>

using namespace cog::bench;

TEST_CASE("batch sweep: the sizes below the largest are powers of two") {
  CHECK(batch_sizes(8) == std::vector<uint64_t>{4, 2, 1});
  CHECK(batch_sizes(9) == std::vector<uint64_t>{8, 4, 2, 1});
  CHECK(batch_sizes(1).empty());
}

TEST_CASE("batch sweep: the knee is the smallest size that is nearly as fast as the best") {
  std::vector<batch_run> runs{{.size = 16, .rate = 400}, {.size = 8, .rate = 390}, {.size = 4, .rate = 200}};
  CHECK(knee_of(runs).size == 8);
  runs.push_back({.size = 32, .rate = 500});
  CHECK(knee_of(runs).size == 32);
}

TEST_CASE("batch sweep: the figures come from the measurement and from the server's counters") {
  run_report report;
  auto& step = report.steps.emplace_back();
  step.seconds = 2;
  step.ok = 100;
  step.latency.record(3'000'000);
  report.server.changes = {{"cog_batch_size_count", 20}, {"cog_batch_size_sum", 100}};
  auto run = batch_run_of(8, report);
  CHECK(run.rate == 50);
  CHECK(run.mean_size == 5);
  CHECK(run.p50 >= 2'900'000);
}

TEST_CASE("batch sweep: it says what to set") {
  std::vector<batch_run> runs{{.size = 8, .rate = 400, .p50 = 20'000'000, .p99 = 30'000'000, .mean_size = 7.9},
                              {.size = 4, .rate = 390, .p50 = 11'000'000, .p99 = 15'000'000, .mean_size = 4}};
  auto text = sweep_text(runs);
  CHECK(text.find("       4        390      11.0      15.0        4.0") != std::string::npos);
  CHECK(text.find("COG_BATCH_SIZE=4, or max_size=4 in @cog.batch") != std::string::npos);
  CHECK(sweep_text({{.size = 8, .rate = 50}, {.size = 1, .rate = 50}}).find("gain nothing") != std::string::npos);
}
