#include "pool/duration_histogram.hpp"
#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <limits>
#include <random>
#include <vector>

namespace cog {

TEST_CASE("duration_histogram: nothing has no quantile") {
  duration_histogram none;
  CHECK(none.count() == 0);
  CHECK(none.quantile(0.5) == 0);
  CHECK(none.longest() == 0);
}

TEST_CASE("duration_histogram: one time is every quantile, to within an eighth, and never longer than it was") {
  for (double seconds : {1e-5, 0.001, 0.0123, 0.125, 1.0, 17.0, 1999.0}) {
    duration_histogram times;
    times.add(seconds);
    for (double part : {0.0, 0.5, 0.99, 1.0})
      CHECK(times.quantile(part) == seconds);
    times.add(seconds * 2);
    CHECK(times.quantile(0.5) >= seconds);
    CHECK(times.quantile(0.5) <= seconds * 1.126);
  }
}

TEST_CASE("duration_histogram: quantiles of many times are at most an eighth too high") {
  std::mt19937 random{7};   // NOLINT(cert-msc32-c, cert-msc51-cpp): the same each time
  std::lognormal_distribution<double> some{-3, 2};
  duration_histogram times;
  std::vector<double> all(10'000);
  for (auto& seconds : all) {
    seconds = std::clamp(some(random), 1e-5, 2000.0);
    times.add(seconds);
  }
  std::sort(all.begin(), all.end());
  for (double part : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    auto exact = all[static_cast<size_t>(std::ceil(part * 10'000)) - 1];
    CHECK(times.quantile(part) >= exact);
    CHECK(times.quantile(part) <= exact * 1.126);
  }
  CHECK(times.longest() == all.back());
}

TEST_CASE("duration_histogram: what is out of range counts as its end") {
  duration_histogram times;
  for (double seconds : {-1.0, 0.0, 1e-9, std::numeric_limits<double>::quiet_NaN()})
    times.add(seconds);
  CHECK(times.count() == 4);
  CHECK(times.quantile(1) <= 1e-5);
  times.add(1e9);
  CHECK(times.quantile(1) == 2048);
}

TEST_CASE("duration_histogram: two are added") {
  duration_histogram one, two;
  one.add(1);
  two.add(3);
  two.add(5);
  one.add(two);
  CHECK(one.count() == 3);
  CHECK(one.longest() == 5);
  CHECK(one.quantile(0.5) >= 3);
}

}   // namespace cog
