#include "pool/idle_slots.hpp"
#include <doctest/doctest.h>

using namespace cog;

TEST_CASE("idle_slots: the worker whose device was idle longest comes first") {
  idle_slots idle;
  for (uint64_t worker = 0; worker < 3; ++worker)
    idle.add(worker, 1, {"GPU-" + std::to_string(worker)});
  CHECK(idle.count() == 3);
  CHECK(idle.take() == 0);
  idle.give_back(0);
  CHECK(idle.take() == 1);
  CHECK(idle.take() == 2);
  idle.give_back(2);
  idle.give_back(1);
  CHECK(idle.take() == 0);
  CHECK(idle.take() == 2);
  CHECK(idle.take() == 1);
  CHECK(idle.count() == 0);
}

TEST_CASE("idle_slots: of workers without devices the one that ran last comes first, and a fresh one last") {
  idle_slots idle;
  for (uint64_t worker = 0; worker < 3; ++worker)
    idle.add(worker, 1, {});
  CHECK(idle.take() == 0);
  CHECK(idle.take() == 1);
  idle.give_back(0);
  idle.give_back(1);
  CHECK(idle.take() == 1);
  CHECK(idle.take() == 0);
  CHECK(idle.take() == 2);
  idle.give_back(2);
  idle.give_back(0);
  idle.remove(0);
  idle.add(0, 1, {});
  CHECK(idle.take() == 2);
  CHECK(idle.take() == 0);
}

TEST_CASE("idle_slots: of workers that share devices, one whose device is idle comes first") {
  idle_slots idle;
  for (uint64_t worker = 0; worker < 4; ++worker)
    idle.add(worker, 1, {worker % 2 == 0 ? "GPU-a" : "GPU-b"});
  auto first = idle.take();
  auto second = idle.take();
  CHECK(first % 2 != second % 2);
  idle.give_back(second);
  CHECK(idle.take() % 2 == second % 2);
}

TEST_CASE("idle_slots: predictions of async workers are spread") {
  idle_slots idle;
  idle.add(0, 2, {});
  idle.add(1, 2, {});
  CHECK(idle.take() == 0);
  CHECK(idle.take() == 1);
  CHECK(idle.take() == 0);
  CHECK(idle.take() == 1);
}

TEST_CASE("idle_slots: a worker with several devices is as busy as the busiest of them") {
  idle_slots idle;
  idle.add(0, 1, {"GPU-a", "GPU-b"});
  idle.add(1, 1, {"GPU-b"});
  idle.add(2, 1, {"GPU-c"});
  CHECK(idle.take() == 0);
  CHECK(idle.take() == 2);
}

TEST_CASE("idle_slots: a worker that is not live gets nothing until it is added again") {
  idle_slots idle;
  idle.add(0, 1, {"GPU-a"});
  idle.add(1, 1, {"GPU-b"});
  CHECK(idle.take() == 0);
  idle.remove(0);
  idle.remove(1);
  CHECK(idle.count() == 0);
  idle.give_back(0);
  CHECK(idle.count() == 0);
  idle.add(0, 1, {"GPU-c"});
  CHECK(idle.count() == 1);
  CHECK(idle.take() == 0);
}

TEST_CASE("idle_slots: workers that share a device take turns") {
  idle_slots idle;
  for (uint64_t worker = 0; worker < 3; ++worker)
    idle.add(worker, 1, {"GPU-a"});
  for (uint64_t worker : {0, 1, 2, 0}) {
    CHECK(idle.take() == worker);
    idle.give_back(worker);
  }
}
