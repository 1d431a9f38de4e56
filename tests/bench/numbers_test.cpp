#include "bench/histogram.hpp"
#include "bench/recorder.hpp"
#include "bench/report.hpp"
#include "bench/schedule.hpp"
#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <random>

using namespace cog::bench;
using namespace std::chrono_literals;

TEST_CASE("histogram: small values are exact") {
  histogram values;
  for (uint64_t value = 0; value < 2048; ++value)
    values.record(value);
  CHECK(values.count() == 2048);
  CHECK(values.min() == 0);
  CHECK(values.max() == 2047);
  CHECK(values.mean() == 1023.5);
  CHECK(values.buckets().size() == 2048);
  CHECK(values.percentile(50) == 1023);
  CHECK(values.percentile(100) == 2047);
  CHECK(values.percentile(0) == 0);
}

TEST_CASE("histogram: every value keeps three digits") {
  std::mt19937_64 random{7};
  for (int bits = 1; bits <= 64; ++bits)
    for (int i = 0; i < 200; ++i) {
      auto value = random() >> (64 - bits);
      histogram values;
      values.record(value);
      values.record(UINT64_MAX);   // so that the largest value does not limit the bucket
      auto shown = values.percentile(50);
      CHECK(shown >= value);
      CHECK(static_cast<long double>(shown - value) <= static_cast<long double>(value) / 1000);
    }
}

TEST_CASE("histogram: the edges of the buckets lie one beside the other") {
  for (uint64_t edge : {2047ULL, 2048ULL, 2049ULL, 4095ULL, 4096ULL, 4097ULL, 1ULL << 40, (1ULL << 40) - 1, ~0ULL}) {
    histogram values;
    values.record(edge);
    REQUIRE(values.buckets().size() == 1);
    CHECK(values.buckets().front().first == edge);
    CHECK(values.percentile(99.9) == edge);
  }
  histogram pair;
  pair.record(4095);
  pair.record(4096);
  CHECK(pair.buckets().size() == 2);
}

TEST_CASE("histogram: percentiles are those of the sorted values") {
  std::mt19937_64 random{11};
  std::lognormal_distribution<double> latencies{13, 1.5};
  std::vector<uint64_t> sorted;
  histogram values;
  for (int i = 0; i < 50'000; ++i) {
    sorted.push_back(static_cast<uint64_t>(latencies(random)));
    values.record(sorted.back());
  }
  std::sort(sorted.begin(), sorted.end());
  for (double percent : {0.1, 1.0, 10.0, 50.0, 75.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
    auto place = static_cast<size_t>(std::ceil(percent / 100 * 50'000 - 1e-6)) - 1;
    auto exact = static_cast<double>(sorted[place]);
    auto shown = static_cast<double>(values.percentile(percent));
    CHECK(shown >= exact);
    CHECK(shown <= exact * 1.001);
  }
  CHECK(values.percentile(100) == sorted.back());
  CHECK(values.min() == sorted.front());
}

TEST_CASE("histogram: the standard deviation") {
  histogram values;
  for (uint64_t value : {2, 4, 4, 4, 5, 5, 7, 9})
    values.record(value);
  CHECK(values.mean() == 5);
  CHECK(values.standard_deviation() == 2);
}

TEST_CASE("histogram: nothing, and nothing again after clear") {
  histogram values;
  CHECK(values.percentile(99) == 0);
  CHECK(values.curve().empty());
  values.record(1'000'000);
  values.clear();
  CHECK(values.count() == 0);
  CHECK(values.max() == 0);
  CHECK(values.percentile(50) == 0);
  CHECK(values.buckets().empty());
}

TEST_CASE("histogram: the curve rises, grows finer and ends with the last value") {
  histogram values;
  for (uint64_t i = 1; i <= 100'000; ++i)
    values.record(i * 1000);
  auto curve = values.curve();
  REQUIRE(curve.size() > 40);
  CHECK(curve.size() < 200);
  CHECK(curve.back().percent == 100);
  CHECK(curve.back().value == values.max());
  CHECK(curve.back().count == 100'000);
  for (size_t i = 1; i < curve.size(); ++i) {
    CHECK(curve[i].percent > curve[i - 1].percent);
    CHECK(curve[i].value > curve[i - 1].value);
  }
  CHECK(std::count_if(curve.begin(), curve.end(), [](auto& point) { return point.percent > 99; }) >= 10);
}

TEST_CASE("schedule: arrivals of an open loop are evenly spaced, and stay so") {
  load_settings settings{.seconds = 2, .warmup = 1};
  schedule plan{settings, {.rate = 400}};
  CHECK(plan.due(0) == 0s);
  CHECK(plan.due(1) == 2500us);
  CHECK(plan.due(400 * 3600) == 1h);
  CHECK_FALSE(plan.counts(plan.due(399)));
  CHECK(plan.counts(plan.due(400)));
  CHECK_FALSE(plan.is_over(plan.due(1199), 799));
  CHECK(plan.is_over(plan.due(1200), 800));
}

TEST_CASE("schedule: so many requests, counted after the warm-up") {
  load_settings settings{.warmup = 0.5, .requests = 10};
  schedule plan{settings, {.clients = 4}};
  CHECK_FALSE(plan.counts(499ms));
  CHECK_FALSE(plan.is_over(1000h, 9));
  CHECK(plan.is_over(1s, 10));
  settings.seconds = 1;
  schedule both{settings, {.clients = 4}};
  CHECK(both.is_over(1500ms, 0));
}

TEST_CASE("recorder: requests, errors by kind with their first text, and parts of the time") {
  load_settings settings{.seconds = 6};
  recorder found{settings, {.clients = 1}};
  clock::time_point start{10s};
  found.begin(start, 1.5);
  for (int i = 0; i < 4; ++i)
    found.requested();
  found.succeeded(start, start + 10ms);
  found.failed({failure::http_status, 409, "first"}, start + 20ms);
  found.failed({failure::http_status, 409, "second"}, start + 250ms);
  found.failed({failure::http_status, 503, "third"}, start + 260ms);
  auto result = found.finish(start + 6s);
  CHECK(result.requests == result.ok + result.failed);
  REQUIRE(result.errors.size() == 2);
  CHECK(result.errors[0].kind == "HTTP 409");
  CHECK(result.errors[0].count == 2);
  CHECK(result.errors[0].first == "first");
  CHECK(result.errors[1].kind == "HTTP 503");
  REQUIRE(result.intervals.size() == 3);
  CHECK(result.intervals[0].ok == 1);
  CHECK(result.intervals[0].errors == 1);
  CHECK(result.intervals[0].max == 10'000'000);
  CHECK(result.intervals[1].ok + result.intervals[1].errors == 0);
  CHECK(result.intervals[2].errors == 2);
  CHECK(result.seconds == 6);
  CHECK(result.begins == 1.5);
}

TEST_CASE("recorder: an answer after the end makes the time longer, an error does not") {
  load_settings settings{.seconds = 1};
  clock::time_point start{};
  recorder late{settings, {}};
  late.begin(start, 0);
  late.succeeded(start, start + 3s);
  late.failed({failure::timeout, 0, {}}, start + 5s);
  CHECK(late.finish(start + 1s).seconds == 3);
}

TEST_CASE("report: figures as people read them") {
  CHECK(short_number(0.1 * 3) == "0.3");
  CHECK(short_number(1e-5) == "0.00001");
  CHECK(short_number(2e6) == "2000000");
  CHECK(name_of(load_step{.rate = 0.5}) == "0.5/s");
  CHECK(name_of(load_step{}) == "1 client");
  CHECK(shown_milliseconds(0) == "0");
  CHECK(shown_milliseconds(93'120) == "0.0931");
  CHECK(shown_milliseconds(12'400'000) == "12.4");
  CHECK(shown_milliseconds(1'250'400'000) == "1250");
  CHECK(shown_count(7) == "7");
  CHECK(shown_count(29156) == "29,156");
  CHECK(shown_count(1234567) == "1,234,567");
  CHECK(shown_rate(29156.4) == "29,156");
  CHECK(shown_rate(3.14) == "3.1");
}
