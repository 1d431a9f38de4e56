#include "pool/restart_times.hpp"
#include "pool/service_times.hpp"
#include <doctest/doctest.h>

using namespace cog;
using namespace std::chrono_literals;
using doctest::Approx;

TEST_CASE("service times: nothing is known at first, and enough after eight") {
  service_times times;
  CHECK_FALSE(times.is_known());
  CHECK(times.mean() == 0);
  CHECK(times.median() == 0);
  times.add(2);
  CHECK(times.is_known());
  CHECK(times.mean() == 2);
  for (int i = 0; i < 6; ++i)
    times.add(2);
  CHECK_FALSE(times.is_sure());
  times.add(2);
  CHECK(times.is_sure());
}

TEST_CASE("service times: mean, deviation and quantiles") {
  service_times times;
  for (int i = 1; i <= 10; ++i)
    times.add(i);
  CHECK(times.mean() == Approx(5.5));
  CHECK(times.deviation() == Approx(2.872).epsilon(0.001));
  CHECK(times.median() == 5);
  CHECK(times.upper() == 9);
}

TEST_CASE("service times: those cut short count one and a half times") {
  service_times times;
  times.add(2, true);
  CHECK(times.mean() == 3);
}

TEST_CASE("service times: a hundred ends later the old ones are forgotten") {
  service_times times;
  for (int i = 0; i < 1000; ++i)
    times.add(0.1);
  CHECK(times.upper() == Approx(0.1));
  for (int i = 0; i < 50; ++i)
    times.add(1);
  CHECK(times.mean() == Approx(0.55));
  for (int i = 0; i < 50; ++i)
    times.add(1);
  CHECK(times.mean() == Approx(1));
  CHECK(times.deviation() == Approx(0));
  CHECK(times.median() == 1);
}

TEST_CASE("service times: the quantiles are worked out again after sixteen ends, the mean at once") {
  service_times times;
  for (int i = 0; i < 100; ++i)
    times.add(1);
  CHECK(times.median() == 1);
  for (int i = 0; i < 15; ++i)
    times.add(5);
  CHECK(times.upper() == 1);
  CHECK(times.mean() == Approx(1.6));
  times.add(5);
  CHECK(times.upper() == 5);
}

TEST_CASE("restart times: from the loss to the readiness, the last ones above all") {
  restart_times restarts;
  restart_times::clock::time_point now{1h};
  CHECK(restarts.mean() == 0);
  restarts.ready(0, now);   // nobody knows since when
  CHECK(restarts.mean() == 0);
  restarts.lost(0, now);
  restarts.lost(0, now + 1s);   // it died again on its way
  restarts.ready(0, now + 4s);
  CHECK(restarts.mean() == Approx(4));
  restarts.lost(0, now + 10s);
  restarts.lost(1, now + 10s);
  restarts.given_up(1);
  restarts.ready(1, now + 99s);
  restarts.ready(0, now + 18s);
  CHECK(restarts.mean() == Approx(5));
}
