#include "router_support.hpp"
#include <doctest/doctest.h>

// What the router adds to the queue: deadlines, places told, refusals by the forecast. The time is the test's.

using namespace cog;
using namespace std::chrono_literals;

namespace {

struct queue_fixture : router_fixture {
  explicit queue_fixture(const queue_rules& rules = {.places = 10}) : router_fixture{rules} {
    // nop
  }

  /// One asynchronous worker with so many slots, so that nothing is sent ahead.
  void make_async(uint64_t slots = 1) { make_ready(1, slots, true); }

  /// So many predictions have taken so long.
  void learn(int count, double seconds) {
    for (int i = 0; i < count; ++i) {
      run(make_request("learnt"));
      finish(0, prediction_status::succeeded, seconds);
    }
  }

  static std::shared_ptr<prediction_request> make_async_request(const std::string& id) {
    auto request = make_request(id);
    request->respond_async = true;
    return request;
  }

  std::shared_ptr<prediction_request> make_urgent(const std::string& id, std::chrono::milliseconds limit) {
    auto request = make_request(id);
    request->time_limit = limit;
    request->deadline = scheduler.clock().now() + limit;
    return request;
  }

  void advance(std::chrono::milliseconds by) {
    scheduler.advance_time(by);
    scheduler.run();
  }

  snapshot_ptr find(const std::string& id) { return *ask<snapshot_ptr>(under_test, atom::find_v, id); }
  std::string metrics() { return *ask<std::string>(under_test, atom::metrics_v); }

  std::string running() const {
    std::string ids;
    for (auto& [request, promise] : workers.at(0)->running)
      ids += request->id;
    return ids;
  }

  /// The positions that followers were told, in order.
  std::vector<uint64_t> places() const {
    std::vector<uint64_t> all;
    for (auto& event : told)
      if (event->what == prediction_event::kind::queued)
        all.push_back(event->place.position);
    return all;
  }
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}   // namespace

TEST_CASE_FIXTURE(queue_fixture, "router queue: one that waits shows its position, which changes as others leave") {
  make_async();
  for (auto* id : {"a", "b", "c", "d"})
    run(make_request(id));
  CHECK(find("a")->queue.position == 0);
  CHECK(find("b")->queue.position == 1);
  CHECK(find("d")->queue.position == 3);
  CHECK_FALSE(find("d")->queue.wait_ms);
  CHECK(*ask<bool>(under_test, atom::cancel_v, std::string{"b"}));
  CHECK(find("d")->queue.position == 2);
  finish(0);
  CHECK(find("d")->queue.position == 1);
}

TEST_CASE_FIXTURE(queue_fixture, "router queue: the wait is told once it is known how long predictions take") {
  make_async(2);
  learn(1, 0.3);
  for (auto* id : {"a", "b", "c", "d"})
    run(make_request(id));
  CHECK(find("c")->queue == queue_place{1, 150});
  CHECK(find("d")->queue == queue_place{2, 300});
}

TEST_CASE_FIXTURE(queue_fixture, "router queue: one that was sent ahead has a place, too") {
  make_ready(1, 1);
  for (auto* id : {"a", "b", "c"})
    run(make_request(id));
  CHECK(running() == "ab");
  auto ahead = find("b");
  CHECK(ahead->status == prediction_status::starting);
  CHECK(ahead->queue.position == 1);
  CHECK(find("c")->queue.position == 2);
}

TEST_CASE_FIXTURE(queue_fixture, "router queue: a PUT that joins one that waits is told its place") {
  make_async();
  run(make_request("a"));
  run(make_request("b", true));
  auto joined = run(make_request("b", true));
  CHECK(joined->snapshot->queue.position == 1);
}

TEST_CASE_FIXTURE(queue_fixture, "router queue: who follows hears the place at once, and changes once a second") {
  make_async();
  for (auto* id : {"a", "b", "c"})
    run(make_request(id));
  auto follower = make_follower();
  run(make_request("d"), follower);
  CHECK(places() == std::vector<uint64_t>{3});
  CHECK(*ask<bool>(under_test, atom::cancel_v, std::string{"b"}));
  advance(900ms);
  CHECK(places() == std::vector<uint64_t>{3});
  advance(100ms);
  CHECK(places() == std::vector<uint64_t>{3, 2});
  advance(5s);
  CHECK(places() == std::vector<uint64_t>{3, 2});
  finish(0);
  advance(1s);
  CHECK(places() == std::vector<uint64_t>{3, 2, 1});
  caf::anon_send_exit(follower, caf::exit_reason::user_shutdown);
}

TEST_CASE_FIXTURE(queue_fixture,
                  "router queue: who joins later hears where it stands by then, and who is gone hears nothing") {
  make_async();
  for (auto* id : {"a", "b", "c"})
    run(make_request(id));
  auto follower = make_follower();
  CHECK(ask<snapshot_ptr>(under_test, atom::attach_v, std::string{"c"}, follower));
  CHECK(places() == std::vector<uint64_t>{2});
  caf::anon_send(under_test, atom::detach_v, std::string{"c"}, follower);
  finish(0);
  advance(3s);
  CHECK(places() == std::vector<uint64_t>{2});
  caf::anon_send_exit(follower, caf::exit_reason::user_shutdown);
}

TEST_CASE_FIXTURE(queue_fixture, "router queue: webhooks are not told of places") {
  make_async();
  run(make_request("a"));
  auto request = make_async_request("b");
  request->webhook = "http://hooks";
  run(request);
  advance(3s);
  CHECK(told.empty());
}

TEST_CASE_FIXTURE(queue_fixture,
                  "deadline: passed in the queue, it is canceled, and who waits learns that it never ran") {
  make_async();
  run(make_request("a"));
  auto waits = run(make_urgent("b", 1500ms));
  advance(1499ms);
  CHECK(waits->pending);
  advance(1ms);
  REQUIRE(waits->snapshot);
  CHECK(waits->snapshot->status == prediction_status::canceled);
  CHECK(waits->snapshot->error == "Deadline of 1.5 s passed before it ran");
  CHECK(waits->snapshot->too_late);
  CHECK_FALSE(find("b")->too_late);   // whoever looks later is told its end, in time
  finish(0);
  CHECK(running().empty());
  CHECK(has(metrics(), "cog_shed_total{why=\"expired\"} 1\n"));
}

TEST_CASE_FIXTURE(queue_fixture, "deadline: those who follow it and its webhook hear of its end") {
  make_async();
  run(make_request("a"));
  auto request = make_urgent("b", 100ms);
  request->webhook = "http://hooks";
  request->respond_async = true;
  CHECK(run(request)->snapshot->status == prediction_status::starting);
  advance(100ms);
  REQUIRE(told.size() == 1);
  CHECK(told[0]->end->error == "Deadline of 100 ms passed before it ran");
}

TEST_CASE_FIXTURE(queue_fixture, "deadline: each at its own time, whatever the order") {
  make_async();
  run(make_request("a"));
  auto late = run(make_urgent("b", 3s));
  auto early = run(make_urgent("c", 1s));
  auto middle = run(make_urgent("d", 2s));
  advance(1s);
  CHECK_FALSE(early->pending);
  CHECK(middle->pending);
  advance(1s);
  CHECK_FALSE(middle->pending);
  CHECK(late->pending);
  advance(1s);
  CHECK_FALSE(late->pending);
}

TEST_CASE_FIXTURE(queue_fixture, "deadline: of one that has begun is its worker's affair") {
  make_async();
  run(make_request("a"));
  auto runs = run(make_urgent("b", 1s));
  finish(0);
  CHECK(running() == "b");
  advance(2s);
  CHECK(runs->pending);
}

TEST_CASE_FIXTURE(queue_fixture, "deadline: one whose turn comes too late is not begun") {
  make_async();
  learn(8, 0.4);
  run(make_request("a"));
  auto late = run(make_urgent("b", 1s));
  auto next = run(make_request("c"));
  advance(700ms);
  finish(0);
  REQUIRE(late->snapshot);
  CHECK(late->snapshot->error == "Deadline of 1 s would have passed while it ran");
  CHECK(late->snapshot->too_late);
  CHECK(running() == "c");
}

TEST_CASE_FIXTURE(queue_fixture, "deadline: what cannot be done in time is refused at once, with nothing made for it") {
  make_async();
  learn(8, 1);
  run(make_request("a"));
  run(make_request("b"));
  auto request = make_urgent("c", 500ms);
  request->files.emplace_back();
  auto refused = run(request);
  CHECK(refused->error == errc::too_slow);
  CHECK(refused->text == "Cannot be answered within 500 ms: about 3 s expected");
  CHECK(refused->retry_after == 2);
  CHECK(input_files_made == 0);
  CHECK(run(make_urgent("d", 3100ms))->pending);
  CHECK(has(metrics(), "cog_shed_total{why=\"forecast\"} 1\n"));
}

TEST_CASE_FIXTURE(queue_fixture, "deadline: with a free slot it is refused only if half of all take longer") {
  make_async(2);
  learn(8, 1);
  CHECK(run(make_urgent("alone", 500ms))->pending);   // nothing else runs
  CHECK(run(make_urgent("a", 999ms))->error == errc::too_slow);
  CHECK(run(make_urgent("b", 1s))->pending);
}

TEST_CASE_FIXTURE(queue_fixture, "deadline: runs that were cut short count for more") {
  make_async();
  run(make_request("a"));
  finish(0, prediction_status::canceled, 2);
  CHECK(has(metrics(), "cog_service_seconds{q=\"mean\"} 3.0\n"));
}

namespace {

struct patient_fixture : queue_fixture {
  patient_fixture() : queue_fixture{{.places = 10, .longest = real_seconds{30}}} {
    // nop
  }
};

struct fair_fixture : queue_fixture {
  fair_fixture() : queue_fixture{{.places = 4, .takes_turns = true}} {
    // nop
  }
  answer_ptr run_of(const std::string& key, const std::string& id) {
    auto request = make_request(id);
    request->fair_key = key;
    return run(request);
  }
};

struct no_queue_fixture : queue_fixture {
  no_queue_fixture() : queue_fixture{queue_rules{}} {
    // nop
  }
};

}   // namespace

TEST_CASE_FIXTURE(patient_fixture, "router queue: COG_MAX_QUEUE_TIME ends what has waited for so long") {
  make_async();
  run(make_request("a"));
  auto waits = run(make_request("b"));
  auto urgent = run(make_urgent("c", 40s));
  advance(29s);
  CHECK(waits->pending);
  advance(1s);
  REQUIRE(waits->snapshot);
  CHECK(waits->snapshot->status == prediction_status::canceled);
  CHECK(waits->snapshot->error == "Waited longer than 30 s in the queue");
  CHECK(waits->snapshot->too_late);
  CHECK(urgent->snapshot->error == "Waited longer than 30 s in the queue");
  CHECK(has(metrics(), "cog_shed_total{why=\"queue_time\"} 2\n"));
}

TEST_CASE_FIXTURE(patient_fixture, "router queue: a deadline that is nearer counts") {
  make_async();
  run(make_request("a"));
  auto urgent = run(make_urgent("c", 20s));
  advance(20s);
  CHECK(urgent->snapshot->error == "Deadline of 20 s passed before it ran");
}

TEST_CASE_FIXTURE(fair_fixture, "router queue: keys take turns, and none takes all places") {
  make_async();
  run(make_request("runs"));
  CHECK(run_of("large", "a")->pending);
  CHECK(run_of("large", "b")->pending);
  CHECK(run_of("large", "c")->error == errc::at_capacity);
  CHECK(run_of("small", "d")->pending);
  CHECK(find("d")->queue.position == 2);
  finish(0);
  CHECK(running() == "a");
  finish(0);
  CHECK(running() == "d");
  finish(0);
  CHECK(running() == "b");
  CHECK(has(metrics(), "cog_shed_total{why=\"key\"} 1\n"));
}

TEST_CASE_FIXTURE(queue_fixture, "router queue: low goes after normal") {
  make_async();
  run(make_request("runs"));
  auto low = make_request("a");
  low->low = true;
  run(low);
  run(make_request("b"));
  CHECK(find("a")->queue.position == 2);
  CHECK(has(metrics(), "cog_queue_length{class=\"low\"} 1\n"));
  finish(0);
  CHECK(running() == "b");
}

TEST_CASE_FIXTURE(no_queue_fixture,
                  "router queue: Retry-After of a full server is the wait of a newcomer, rounded up") {
  make_async();
  run(make_request("a"));
  CHECK(run(make_request("b"))->retry_after == 1);   // nothing is known yet
  finish(0, prediction_status::succeeded, 4.2);
  run(make_request("c"));
  auto refused = run(make_request("d"));
  CHECK(refused->error == errc::at_capacity);
  CHECK(refused->text == "At capacity - all prediction slots busy");
  CHECK(refused->retry_after == 5);
}

TEST_CASE_FIXTURE(queue_fixture, "router queue: while workers come back new predictions wait, if there is a place") {
  make_async();
  report(0, worker_phase::restarting, "signal 9");
  auto waits = run(make_request("a"));
  CHECK(waits->pending);
  CHECK(find("a")->queue.position == 1);
  report(0, worker_phase::ready);
  CHECK(running() == "a");
}

TEST_CASE_FIXTURE(queue_fixture, "router queue: while workers come back and all places are taken it is not ready") {
  make_async();
  report(0, worker_phase::restarting, "signal 9");
  for (int i = 0; i < 10; ++i)
    CHECK(run(make_request(std::to_string(i)))->pending);
  CHECK(run(make_request("more"))->error == errc::not_ready);
}

TEST_CASE_FIXTURE(queue_fixture, "router queue: those who wait for workers that do not come back are told why") {
  make_async();
  report(0, worker_phase::restarting, "signal 9");
  auto waits = run(make_request("a"));
  report(0, worker_phase::given_up, "signal 9");
  CHECK(waits->error == errc::defunct);
}

TEST_CASE_FIXTURE(queue_fixture, "router queue: before the first setup nothing waits") {
  describe(1, 1, true);
  CHECK(run(make_request("a"))->error == errc::not_ready);
}

TEST_CASE_FIXTURE(no_queue_fixture, "router queue: Retry-After while workers come back is the time that takes") {
  make_async();
  report(0, worker_phase::restarting, "signal 9");
  advance(7s);
  report(0, worker_phase::ready);
  report(0, worker_phase::restarting, "signal 9");
  auto refused = run(make_request("a"));
  CHECK(refused->error == errc::not_ready);
  CHECK(refused->retry_after == 7);
}

TEST_CASE_FIXTURE(queue_fixture, "router queue: what is given back keeps its deadline") {
  make_async();
  auto request = make_urgent("a", 1s);
  run(request);
  report(0, worker_phase::restarting, "signal 9");
  caf::anon_send(under_test, atom::retire_v, uint64_t{0}, request_ptr{request}, snapshot_ptr{});
  auto again = self->request(under_test, caf::infinite, atom::rerun_v, request_ptr{request}, prediction_links{});
  scheduler.run();
  advance(1s);
  auto end = receive<snapshot_ptr>(std::move(again));
  REQUIRE(end);
  CHECK((*end)->error == "Deadline of 1 s passed before it ran");
  workers[0]->running.clear();
}

TEST_CASE("router queue: of a thousand that wait any one is cancelled, and the others keep their order") {
  queue_fixture many{{.places = 1000}};
  many.make_async();
  many.run(queue_fixture::make_request("runs"));
  for (int i = 0; i < 1000; ++i)
    many.run(queue_fixture::make_async_request(std::to_string(i)));
  CHECK(*many.ask<bool>(many.under_test, atom::cancel_v, std::string{"500"}));
  CHECK(many.find("499")->queue.position == 500);
  CHECK(many.find("501")->queue.position == 501);
  CHECK(many.find("500")->status == prediction_status::canceled);
}
