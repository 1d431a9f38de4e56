#include "prediction/clock_text.hpp"
#include "pool/health_state.hpp"
#include "pool/pool_plan.hpp"
#include "pool/restart_policy.hpp"
#include <doctest/doctest.h>

using namespace cog;
using namespace std::chrono_literals;

namespace {

worker_report make_report(uint64_t index, worker_phase phase, bool set_up = false) {
  worker_report report;
  report.index = index;
  report.phase = phase;
  report.set_up = set_up || phase == worker_phase::ready;
  return report;
}

server_config make_config(uint64_t concurrency, uint64_t workers) {
  server_config config;
  config.max_concurrency = concurrency;
  config.workers = workers;
  return config;
}

}   // namespace

TEST_CASE("health_state: READY is first shown when every worker has finished its first setup or was given up") {
  pool_state pool;
  pool.expect(3);
  pool.take(make_report(0, worker_phase::ready));
  pool.take(make_report(1, worker_phase::starting));
  CHECK(pool.shown(1) == health_status::starting);
  pool.take(make_report(1, worker_phase::ready));
  CHECK(pool.shown(1) == health_status::starting);
  pool.take(make_report(2, worker_phase::given_up));
  CHECK(pool.shown(1) == health_status::ready);
  CHECK(pool.live() == 2);
}

TEST_CASE("health_state: one that died after its first setup counts as settled") {
  pool_state pool;
  pool.expect(2);
  pool.take(make_report(0, worker_phase::restarting, true));
  pool.take(make_report(1, worker_phase::ready));
  CHECK(pool.shown(1) == health_status::ready);
}

TEST_CASE("health_state: STARTING again when none is live and one is restarting") {
  pool_state pool;
  pool.take(make_report(0, worker_phase::ready));
  CHECK(pool.shown(0) == health_status::busy);
  pool.take(make_report(0, worker_phase::restarting, true));
  CHECK(pool.shown(0) == health_status::starting);
}

TEST_CASE("health_state: DEFUNCT when all are given up, SETUP_FAILED when worker 0's first setup failed") {
  pool_state pool;
  pool.expect(2);
  pool.take(make_report(0, worker_phase::given_up));
  CHECK(pool.shown(0) == health_status::starting);
  pool.take(make_report(1, worker_phase::given_up));
  CHECK(pool.shown(0) == health_status::defunct);
  pool_state failed;
  failed.take(make_report(0, worker_phase::failed));
  CHECK(failed.shown(0) == health_status::setup_failed);
}

TEST_CASE("pool_plan: one worker and one slot when nothing is said") {
  for (bool async : {false, true}) {
    auto plan = plan_pool(server_config{}, async, 0);
    CHECK(plan.workers == 1);
    CHECK(plan.capacity == 1);
  }
}

TEST_CASE("pool_plan: a synchronous model gets a process for each slot, an async one gets one for all") {
  auto sync = plan_pool(make_config(4, 0), false, 0);
  CHECK(sync.workers == 4);
  CHECK(sync.capacity == 4);
  auto async = plan_pool(make_config(4, 0), true, 0);
  CHECK(async.workers == 1);
  CHECK(async.capacity == 4);
}

TEST_CASE("pool_plan: COG_WORKERS sets the processes, and the slots where nothing else does") {
  auto sync = plan_pool(make_config(0, 3), false, 0);
  CHECK(sync.workers == 3);
  CHECK(sync.capacity == 3);
  auto fewer_slots = plan_pool(make_config(2, 3), false, 0);
  CHECK(fewer_slots.workers == 3);
  CHECK(fewer_slots.capacity == 2);
  auto fewer_workers = plan_pool(make_config(8, 2), false, 0);
  CHECK(fewer_workers.capacity == 2);
  auto async = plan_pool(make_config(8, 2), true, 0);
  CHECK(async.workers == 2);
  CHECK(async.capacity == 8);
}

TEST_CASE("pool_plan: the decorator counts when the configuration is silent") {
  CHECK(plan_pool(server_config{}, true, 5).capacity == 5);
  CHECK(plan_pool(make_config(2, 0), true, 5).capacity == 2);
  CHECK(plan_pool(make_config(0, 3), false, 2).capacity == 2);
}

TEST_CASE("pool_plan: the slots of all workers add up to the capacity") {
  pool_plan plan{3, 8};
  CHECK(plan.slots_of(0) == 3);
  CHECK(plan.slots_of(1) == 3);
  CHECK(plan.slots_of(2) == 2);
}

TEST_CASE("restart_policy: what the machine lacks never counts, and is looked for again within 5 s") {
  restart_policy policy{1};
  restart_policy::clock::time_point now{};
  restart_policy::clock::duration pause{};
  CHECK(policy.lacked() == 100ms);
  CHECK(policy.lacked() == 200ms);
  for (int i = 0; i < 100; ++i)
    pause = policy.lacked();
  CHECK(pause == 5s);
  CHECK(policy.deaths() == 0);
  policy.ready(now);
  CHECK(policy.lacked() == 100ms);
  CHECK(policy.died(now) == 0ms);
}

TEST_CASE("restart_policy: at once, then 0.1 s doubling to 10 s, and an end") {
  restart_policy policy{9};
  auto now = restart_policy::clock::now();
  for (auto expected : {0ms, 100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms, 10000ms})
    CHECK(policy.died(now) == expected);
  CHECK_FALSE(policy.died(now));
}

TEST_CASE("restart_policy: a prediction that ended forgives the deaths before it") {
  restart_policy policy{1};
  auto now = restart_policy::clock::now();
  for (int i = 0; i < 5; ++i) {
    CHECK(policy.died(now) == 0ms);
    policy.prediction_ended();
  }
}

TEST_CASE("restart_policy: 60 s of readiness forgive, 59 do not") {
  restart_policy policy{1};
  auto now = restart_policy::clock::now();
  policy.died(now);
  policy.ready(now);
  CHECK(policy.died(now + 60s) == 0ms);
  policy.ready(now + 60s);
  CHECK_FALSE(policy.died(now + 119s));
}

TEST_CASE("restart_policy: no restart at all with a limit of 0") {
  restart_policy policy{0};
  CHECK_FALSE(policy.died(restart_policy::clock::now()));
}

TEST_CASE("clock_text: RFC 3339 in UTC with nanoseconds") {
  std::chrono::system_clock::time_point moment{std::chrono::nanoseconds{1772357400123456789}};
  CHECK(to_rfc3339(moment) == "2026-03-01T09:30:00.123456789+00:00");
}

TEST_CASE("pool_plan: only workers that are live count as capacity") {
  model_description model;
  model.workers = 3;
  model.capacity = 3;
  pool_state pool;
  pool.expect(3);
  CHECK(live_capacity(model, pool) == 0);
  for (uint64_t index = 0; index < 3; ++index)
    pool.take(make_report(index, worker_phase::ready));
  CHECK(live_capacity(model, pool) == 3);
  pool.take(make_report(1, worker_phase::given_up));
  CHECK(live_capacity(model, pool) == 2);
  model.capacity = 1;
  CHECK(live_capacity(model, pool) == 1);
}
