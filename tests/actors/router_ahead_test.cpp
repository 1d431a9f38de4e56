#include "router_support.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

/// One that runs, and room for others that wait.
struct ahead_fixture : router_fixture {
  explicit ahead_fixture(uint64_t room = 2) : router_fixture{room} {
    // nop
  }

  /// One worker with one slot, whose last prediction was over at once.
  void make_quick() {
    make_ready(1, 1);
    run(make_request("quick"));
    finish(0);
  }

  std::vector<std::string> sent() const {
    std::vector<std::string> ids;
    for (auto& [request, promise] : workers.at(0)->running)
      ids.push_back(request->id);
    return ids;
  }

  /// What the worker does with `request` when its process has died before it began.
  answer_ptr give_back(const request_ptr& request, const prediction_links& links = {}) {
    auto result = std::make_shared<answer>();
    caf::anon_send(under_test, atom::retire_v, uint64_t{0}, request, snapshot_ptr{});
    system.spawn([=, router = under_test](caf::event_based_actor* self) {
      self->request(router, caf::infinite, atom::rerun_v, request, links)
        .then([=](const snapshot_ptr& snapshot) { result->snapshot = snapshot; },
              [=](const caf::error& error) { result->error = code_of(error); });
    });
    scheduler.run();
    return result;
  }
};

struct long_line : ahead_fixture {
  long_line() : ahead_fixture{20} {
    // nop
  }
};

using ids = std::vector<std::string>;

}   // namespace

TEST_CASE_FIXTURE(ahead_fixture, "router: the only worker of a synchronous model is sent the next predictions ahead") {
  make_quick();
  for (auto* id : {"a", "b", "c"})
    CHECK(run(make_request(id))->pending);
  CHECK(sent() == ids{"a", "b", "c"});
  CHECK(free_slots() == 0);
  CHECK(run(make_request("d"))->error == errc::at_capacity);
  finish(0);
  CHECK(sent() == ids{"b", "c"});
  CHECK(free_slots() == 0);
  CHECK(run(make_request("e"))->pending);
  CHECK(sent() == ids{"b", "c", "e"});
  finish(0);
  finish(0);
  CHECK(sent() == ids{"e"});
  finish(0);
  CHECK(free_slots() == 1);
}

TEST_CASE_FIXTURE(long_line, "router: eight are sent ahead, and the links follow in their order") {
  make_quick();
  for (int i = 0; i < 12; ++i)
    CHECK(run(make_request(std::to_string(i)))->pending);
  CHECK(sent() == ids{"0", "1", "2", "3", "4", "5", "6", "7", "8"});
  finish(0);
  CHECK(sent() == ids{"1", "2", "3", "4", "5", "6", "7", "8", "9"});
  finish(0);
  finish(0);
  finish(0);
  CHECK(sent() == ids{"4", "5", "6", "7", "8", "9", "10", "11"});
}

TEST_CASE_FIXTURE(long_line, "router: one is sent ahead until predictions are over at once, and when they are not") {
  make_ready(1, 1);
  for (int i = 0; i < 14; ++i)
    CHECK(run(make_request(std::to_string(i)))->pending);
  CHECK(sent() == ids{"0", "1"});
  finish(0, prediction_status::succeeded, 0.002);
  CHECK(sent() == ids{"1", "2"});
  finish(0, prediction_status::succeeded, 0.0005);
  CHECK(sent() == ids{"2", "3", "4", "5", "6", "7", "8", "9", "10"});
  finish(0, prediction_status::succeeded, 1);
  CHECK(sent() == ids{"3", "4", "5", "6", "7", "8", "9", "10"});
  for (int i = 0; i < 7; ++i)
    finish(0, prediction_status::succeeded, 1);
  CHECK(sent() == ids{"10", "11"});
}

TEST_CASE_FIXTURE(long_line, "router: the end of one that was cancelled ahead says nothing about how long they take") {
  make_ready(1, 1);
  for (auto* id : {"a", "b", "c", "d"})
    run(make_request(id));
  auto canceled = std::make_shared<prediction_snapshot>();
  canceled->status = prediction_status::canceled;
  caf::anon_send(under_test, atom::retire_v, uint64_t{0}, workers[0]->running[1].first, snapshot_ptr{canceled});
  scheduler.run();
  CHECK(sent() == ids{"a", "b", "c"});
}

TEST_CASE_FIXTURE(ahead_fixture,
                  "router: what needs a companion, an async model and several workers get nothing ahead") {
  SUBCASE("a webhook") {
    make_quick();
    run(make_request("a"));
    auto request = make_request("b");
    request->webhook = "http://hooks";
    run(request);
  }
  SUBCASE("input files") {
    make_quick();
    run(make_request("a"));
    auto request = make_request("b");
    request->files.emplace_back();
    run(request);
  }
  SUBCASE("async") {
    make_ready(1, 1, true);
    run(make_request("a"));
    run(make_request("b"));
  }
  SUBCASE("several workers") {
    make_ready(2, 1);
    run(make_request("a"));
    run(make_request("b"));
  }
  CHECK(sent() == ids{"a"});
}

TEST_CASE_FIXTURE(ahead_fixture, "router: the place of one that was cancelled ahead is filled again") {
  make_quick();
  for (auto* id : {"a", "b", "c"})
    run(make_request(id));
  CHECK(run(make_request("full"))->error == errc::at_capacity);
  CHECK(*ask<bool>(under_test, atom::cancel_v, std::string{"b"}));
  CHECK(workers[0]->canceled == ids{"b"});
  auto canceled = std::make_shared<prediction_snapshot>();
  canceled->id = "b";
  canceled->status = prediction_status::canceled;
  caf::anon_send(under_test, atom::retire_v, uint64_t{0}, workers[0]->running[1].first, snapshot_ptr{canceled});
  scheduler.run();
  CHECK(free_slots() == 0);
  CHECK(run(make_request("d"))->pending);
  CHECK(sent() == ids{"a", "b", "c", "d"});
}

TEST_CASE_FIXTURE(ahead_fixture,
                  "router: what a dead worker gives back waits before all links, and runs when it is back") {
  make_quick();
  run(make_request("a"));
  auto second = make_request("b");
  auto third = make_request("c");
  run(second);
  run(third);
  report(0, worker_phase::restarting, "signal 9");
  give_back(third);
  auto again = give_back(second);
  finish(0, prediction_status::failed);
  workers[0]->running.clear();
  report(0, worker_phase::ready);
  CHECK(sent() == ids{"b", "c"});
  finish(0);
  CHECK(again->snapshot->status == prediction_status::succeeded);
}

TEST_CASE_FIXTURE(ahead_fixture,
                  "router: who waits for what is given back hears its end, though a stream has joined it") {
  make_quick();
  run(make_request("a"));
  auto second = make_request("b");
  run(second);
  report(0, worker_phase::restarting, "signal 9");
  auto follower = make_follower();
  auto again = give_back(second, {.input_files = {}, .courier = {}, .streams = {follower}});
  CHECK_FALSE(again->snapshot);
  finish(0, prediction_status::failed);
  workers[0]->running.clear();
  report(0, worker_phase::ready);
  CHECK(sent() == ids{"b"});
  finish(0);
  REQUIRE(again->snapshot);
  CHECK(again->snapshot->status == prediction_status::succeeded);
  caf::anon_send_exit(follower, caf::exit_reason::user_shutdown);
  scheduler.run();
}

TEST_CASE_FIXTURE(ahead_fixture, "router: what a worker gives back as it is given up fails with the cause") {
  make_quick();
  run(make_request("a"));
  auto second = make_request("b");
  run(second);
  report(0, worker_phase::given_up, "signal 9");
  CHECK(give_back(second)->error == errc::defunct);
}

TEST_CASE_FIXTURE(ahead_fixture,
                  "router: drain waits for all that was sent ahead, and cancels it once the time is up") {
  make_quick();
  for (auto* id : {"a", "b", "c"})
    run(make_request(id));
  caf::anon_send(under_test, atom::drain_v, false);
  scheduler.run();
  CHECK(workers[0]->canceled.empty());
  caf::anon_send(under_test, atom::drain_v, true);
  scheduler.run();
  std::sort(workers[0]->canceled.begin(), workers[0]->canceled.end());
  CHECK(workers[0]->canceled == ids{"a", "b", "c"});
  std::vector ahead{workers[0]->running[1].first, workers[0]->running[2].first};
  finish(0);
  for (auto& request : ahead) {
    CHECK_FALSE(workers[0]->drained);
    caf::anon_send(under_test, atom::retire_v, uint64_t{0}, request, snapshot_ptr{});
    scheduler.run();
  }
  CHECK(workers[0]->drained);
}
