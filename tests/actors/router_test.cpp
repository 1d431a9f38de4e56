#include "router_support.hpp"
#include <doctest/doctest.h>

using namespace cog;

TEST_CASE_FIXTURE(router_fixture, "router: worker 0 is started at once, the links when its setup has succeeded") {
  REQUIRE(workers.size() == 1);
  CHECK(workers[0]->started);
  describe(3, 3);
  REQUIRE(workers.size() == 3);
  CHECK_FALSE(workers[1]->started);
  report(0, worker_phase::ready);
  CHECK(workers[1]->started);
  CHECK(workers[2]->started);
}

TEST_CASE_FIXTURE(router_fixture, "router: nothing is accepted before every worker has finished its first setup") {
  CHECK(run(make_request("a"))->error == errc::not_ready);
  describe(2, 2);
  report(0, worker_phase::ready);
  CHECK(run(make_request("b"))->error == errc::not_ready);
  report(1, worker_phase::given_up, "exit code 1");
  CHECK(run(make_request("c"))->pending);
}

TEST_CASE_FIXTURE(router_fixture, "router: a second prediction is refused while the only worker is busy") {
  make_ready(1, 1);
  auto first = run(make_request("a"));
  CHECK(run(make_request("b"))->error == errc::at_capacity);
  finish(0);
  CHECK(first->snapshot->status == prediction_status::succeeded);
  CHECK(run(make_request("c"))->pending);
}

TEST_CASE_FIXTURE(router_fixture, "router: the slot is free before the answer is seen") {
  make_ready(1, 1);
  run(make_request("a"));
  CHECK(free_slots() == 0);
  caf::anon_send(under_test, atom::retire_v, uint64_t{0}, workers[0]->running.front().first, snapshot_ptr{});
  scheduler.run();
  CHECK(free_slots() == 1);
}

TEST_CASE_FIXTURE(router_fixture, "router: predictions go to the idle worker that ran last") {
  make_ready(3, 3);
  run(make_request("a"));
  run(make_request("b"));
  CHECK(workers[1]->running.size() == 1);
  finish(0);
  finish(1);
  run(make_request("c"));
  CHECK(workers[1]->running.size() == 1);
  run(make_request("d"));
  CHECK(workers[0]->running.size() == 1);
  run(make_request("e"));
  CHECK(workers[2]->running.size() == 1);
}

TEST_CASE_FIXTURE(router_fixture, "router: an async worker gets as many as it has slots") {
  make_ready(1, 3, true);
  for (auto* id : {"a", "b", "c"})
    CHECK(run(make_request(id))->pending);
  CHECK(workers[0]->running.size() == 3);
  CHECK(run(make_request("d"))->error == errc::at_capacity);
}

TEST_CASE_FIXTURE(router_fixture, "router: fewer slots than workers limit what runs at once") {
  make_ready(3, 2);
  run(make_request("a"));
  run(make_request("b"));
  CHECK(run(make_request("c"))->error == errc::at_capacity);
}

TEST_CASE_FIXTURE(router_fixture, "router: a dead worker gets nothing until it is back") {
  make_ready(2, 2);
  report(0, worker_phase::restarting, "signal 9 (SIGKILL)");
  CHECK(free_slots() == 1);
  run(make_request("a"));
  CHECK(workers[1]->running.size() == 1);
  CHECK(run(make_request("b"))->error == errc::at_capacity);
  report(0, worker_phase::ready);
  run(make_request("c"));
  CHECK(workers[0]->running.size() == 1);
}

TEST_CASE_FIXTURE(router_fixture, "router: a slot that returns from a dead worker is not given out") {
  make_ready(1, 1);
  run(make_request("a"));
  report(0, worker_phase::restarting, "signal 9 (SIGKILL)");
  finish(0, prediction_status::failed);
  CHECK(free_slots() == 0);
  CHECK(run(make_request("b"))->error == errc::not_ready);
  report(0, worker_phase::ready);
  CHECK(free_slots() == 1);
}

TEST_CASE_FIXTURE(router_fixture, "router: DEFUNCT refuses and names the last cause of death") {
  make_ready(1, 1);
  report(0, worker_phase::given_up, "exit code 3");
  auto refused = run(make_request("a"));
  CHECK(refused->error == errc::defunct);
  CHECK(refused->text.find("exit code 3") != std::string::npos);
}

TEST_CASE_FIXTURE(router_fixture, "router: of several deaths, DEFUNCT names the last") {
  make_ready(2, 2);
  report(1, worker_phase::given_up, "exit code 3");
  report(0, worker_phase::given_up, "signal 11");
  CHECK(run(make_request("a"))->text.find("signal 11") != std::string::npos);
}

TEST_CASE_FIXTURE(router_fixture, "router: a failed setup refuses") {
  report(0, worker_phase::failed, "no weights");
  CHECK(run(make_request("a"))->error == errc::setup_failed);
}

TEST_CASE_FIXTURE(router_fixture, "router: a PUT whose id is in flight tells its state and starts nothing") {
  make_ready(2, 2);
  run(make_request("a"));
  auto invalid = make_request("a", true);
  invalid->errors.push_back({"name", "Field required", "value_error.missing"});
  auto again = run(invalid);
  REQUIRE(again->snapshot);
  CHECK(again->snapshot->status == prediction_status::processing);
  CHECK(workers[0]->running.size() + workers[1]->running.size() == 1);
}

struct forgetting_fixture : router_fixture {
  forgetting_fixture() : router_fixture{0, {.entries = 0}} {
    // nop
  }
};

TEST_CASE_FIXTURE(forgetting_fixture,
                  "router: a PUT of one that ends before its worker is asked, and is not kept, runs") {
  make_ready(1, 1);
  run(make_request("a"));
  workers[0]->forgetful = true;
  auto again = make_request("a", true);
  auto asked = self->request(under_test, caf::infinite, atom::run_v, request_ptr{again}, follower_actor{});
  finish(0);
  scheduler.run();
  REQUIRE(workers[0]->running.size() == 1);
  CHECK(workers[0]->running.front().first->put);
  finish(0);
  CHECK(receive<snapshot_ptr>(std::move(asked)));
}

TEST_CASE_FIXTURE(router_fixture, "router: an invalid PUT whose id is not in flight is refused before anything else") {
  auto invalid = make_request("a", true);
  invalid->errors.push_back({"name", "Field required", "value_error.missing"});
  CHECK(run(invalid)->error == errc::invalid_input);
}

TEST_CASE_FIXTURE(router_fixture, "router: a POST whose id is in flight is refused") {
  make_ready(2, 2);
  run(make_request("a"));
  CHECK(run(make_request("a"))->error == errc::id_in_flight);
  finish(0);
  CHECK(run(make_request("a"))->pending);
}

TEST_CASE_FIXTURE(router_fixture, "router: cancel by id reaches the worker that has it, and only while it has it") {
  make_ready(1, 1);
  CHECK_FALSE(*ask<bool>(under_test, atom::cancel_v, std::string{"a"}));
  run(make_request("a"));
  CHECK(*ask<bool>(under_test, atom::cancel_v, std::string{"a"}));
  CHECK(workers[0]->canceled == std::vector<std::string>{"a"});
  finish(0);
  CHECK_FALSE(*ask<bool>(under_test, atom::cancel_v, std::string{"a"}));
}

TEST_CASE_FIXTURE(router_fixture, "router: to cancel again what was cancelled is no error while it is kept") {
  make_ready(1, 1);
  for (auto [id, end, found] :
       {std::tuple{"a", prediction_status::canceled, true}, std::tuple{"b", prediction_status::succeeded, false},
        std::tuple{"c", prediction_status::failed, false}}) {
    run(make_request(id));
    finish(0, end);
    CHECK(*ask<bool>(under_test, atom::cancel_v, std::string{id}) == found);
    CHECK(*ask<bool>(under_test, atom::cancel_v, std::string{id}) == found);
  }
  CHECK(workers[0]->canceled.empty());
}

TEST_CASE_FIXTURE(router_fixture,
                  "router: a client that leaves late does not cancel another prediction of the same id") {
  make_ready(1, 1);
  auto first = make_request("a");
  run(first);
  finish(0);
  run(make_request("a"));
  caf::anon_send(under_test, atom::cancel_v, request_ptr{first});
  scheduler.run();
  CHECK(workers[0]->canceled.empty());
}

TEST_CASE_FIXTURE(router_fixture, "router: input files are made only for a request that has some and is accepted") {
  make_ready(1, 1);
  run(make_request("a"));
  CHECK(input_files_made == 0);
  auto refused = make_request("b");
  refused->files.push_back({"/image", {}});
  run(refused);
  CHECK(input_files_made == 0);
  finish(0);
  auto accepted = make_request("c");
  accepted->files.push_back({"/image", {}});
  run(accepted);
  CHECK(input_files_made == 1);
}

TEST_CASE_FIXTURE(router_fixture, "router: drain refuses, waits for what runs, then ends the workers") {
  make_ready(1, 1);
  run(make_request("a"));
  caf::anon_send(under_test, atom::drain_v, false);
  scheduler.run();
  CHECK(run(make_request("b"))->error == errc::draining);
  CHECK_FALSE(workers[0]->drained);
  CHECK(workers[0]->canceled.empty());
  finish(0);
  CHECK(workers[0]->drained);
}

TEST_CASE_FIXTURE(router_fixture, "router: drain with the flag cancels what runs") {
  make_ready(1, 1);
  run(make_request("a"));
  caf::anon_send(under_test, atom::drain_v, true);
  scheduler.run();
  CHECK(workers[0]->canceled == std::vector<std::string>{"a"});
}

TEST_CASE_FIXTURE(router_fixture, "router: drain of an idle pool is answered when the workers are gone") {
  make_ready(2, 2);
  ask<caf::unit_t>(under_test, atom::drain_v, false);
  CHECK(workers[0]->drained);
  CHECK(workers[1]->drained);
}

namespace {

struct line_fixture : router_fixture {
  line_fixture() : router_fixture{2} {
    // nop
  }
};

}   // namespace

TEST_CASE_FIXTURE(line_fixture, "router: so many wait in the order of arrival, one more is refused") {
  make_ready(1, 1, true);
  run(make_request("a"));
  auto second = run(make_request("b"));
  auto third = run(make_request("c"));
  CHECK(second->pending);
  CHECK(run(make_request("d"))->error == errc::at_capacity);
  finish(0);
  REQUIRE(workers[0]->running.size() == 1);
  CHECK(workers[0]->running[0].first->id == "b");
  finish(0);
  CHECK(second->snapshot->status == prediction_status::succeeded);
  CHECK(workers[0]->running[0].first->id == "c");
}

TEST_CASE_FIXTURE(line_fixture, "router: one that waits shows as starting and can be cancelled") {
  make_ready(1, 1, true);
  run(make_request("a"));
  auto waiting = run(make_request("b"));
  CHECK(run(make_request("b", true))->snapshot->status == prediction_status::starting);
  CHECK(*ask<bool>(under_test, atom::cancel_v, std::string{"b"}));
  CHECK(waiting->snapshot->status == prediction_status::canceled);
  finish(0);
  CHECK(workers[0]->running.empty());
}

TEST_CASE_FIXTURE(line_fixture, "router: a client that leaves gives up its place in the line") {
  make_ready(1, 1, true);
  run(make_request("a"));
  auto request = make_request("b");
  run(request);
  caf::anon_send(under_test, atom::cancel_v, request_ptr{request});
  scheduler.run();
  finish(0);
  CHECK(workers[0]->running.empty());
}

TEST_CASE_FIXTURE(line_fixture, "router: the line is answered when all workers are given up") {
  make_ready(1, 1, true);
  run(make_request("a"));
  auto waiting = run(make_request("b"));
  report(0, worker_phase::given_up, "exit code 3");
  CHECK(waiting->error == errc::defunct);
}

TEST_CASE_FIXTURE(line_fixture, "router: what waits goes on while the server drains, and nothing new is accepted") {
  make_ready(1, 1, true);
  run(make_request("a"));
  auto waiting = run(make_request("b"));
  caf::anon_send(under_test, atom::drain_v, false);
  scheduler.run();
  CHECK(run(make_request("c"))->error == errc::draining);
  CHECK(waiting->pending);
  finish(0);
  CHECK_FALSE(workers[0]->drained);
  finish(0);
  CHECK(waiting->snapshot->status == prediction_status::succeeded);
  CHECK(workers[0]->drained);
}

TEST_CASE_FIXTURE(line_fixture, "router: what still waits when the time is up is cancelled, and says why") {
  make_ready(1, 1, true);
  run(make_request("a"));
  auto waiting = run(make_request("b"));
  caf::anon_send(under_test, atom::drain_v, false);
  caf::anon_send(under_test, atom::drain_v, true);
  scheduler.run();
  CHECK(waiting->snapshot->status == prediction_status::canceled);
  CHECK(waiting->snapshot->error == "The server stopped before this prediction could begin");
  finish(0);
  CHECK(workers[0]->drained);
}

TEST_CASE_FIXTURE(line_fixture, "router: what waits while the server drains fails when the last worker is given up") {
  make_ready(1, 1, true);
  run(make_request("a"));
  auto waiting = run(make_request("b"));
  caf::anon_send(under_test, atom::drain_v, false);
  report(0, worker_phase::given_up, "exit code 3");
  CHECK_FALSE(waiting->pending);
  CHECK(waiting->error == errc::draining);
}

TEST_CASE_FIXTURE(line_fixture, "router: who waits in the line when the router ends is answered") {
  make_ready(1, 1, true);
  run(make_request("a"));
  auto waiting = run(make_request("b"));
  caf::anon_send_exit(under_test, caf::exit_reason::user_shutdown);
  scheduler.run();
  CHECK(waiting->error == errc::draining);
}

TEST_CASE_FIXTURE(router_fixture, "router: respond-async is answered at once, and the prediction runs") {
  make_ready(1, 1);
  auto request = make_request("a");
  request->respond_async = true;
  auto accepted = run(request);
  REQUIRE(accepted->snapshot);
  CHECK(accepted->snapshot->status == prediction_status::starting);
  CHECK(workers[0]->running.size() == 1);
  CHECK(free_slots() == 0);
}

TEST_CASE_FIXTURE(line_fixture, "router: respond-async that has to wait is answered at once, and runs in its turn") {
  make_ready(1, 1, true);
  run(make_request("a"));
  auto request = make_request("b");
  request->respond_async = true;
  CHECK(run(request)->snapshot->status == prediction_status::starting);
  finish(0);
  REQUIRE(workers[0]->running.size() == 1);
  CHECK(workers[0]->running[0].first->id == "b");
}

TEST_CASE_FIXTURE(line_fixture, "router: who follows one that waits hears of its cancellation") {
  make_ready(1, 1, true);
  run(make_request("a"));
  auto request = make_request("b");
  request->webhook = "http://hooks";
  request->respond_async = true;
  run(request);
  CHECK(*ask<bool>(under_test, atom::cancel_v, std::string{"b"}));
  REQUIRE(told.size() == 1);
  CHECK(told[0]->what == prediction_event::kind::completed);
  CHECK(told[0]->end->status == prediction_status::canceled);
}

TEST_CASE_FIXTURE(router_fixture, "router: a courier is made for an accepted request with a webhook only") {
  make_ready(1, 1);
  auto request = make_request("a");
  request->webhook = "http://hooks";
  run(request);
  CHECK(couriers.size() == 1);
  CHECK(workers[0]->links[0].courier == couriers[0]);
  auto refused = make_request("b");
  refused->webhook = "http://hooks";
  run(refused);
  CHECK(couriers.size() == 1);
}

TEST_CASE_FIXTURE(router_fixture, "router: drain waits for the couriers") {
  make_ready(1, 1);
  auto request = make_request("a");
  request->webhook = "http://hooks";
  run(request);
  finish(0);
  caf::anon_send(under_test, atom::drain_v, false);
  scheduler.run();
  CHECK_FALSE(workers[0]->drained);
  caf::anon_send_exit(couriers[0], caf::exit_reason::user_shutdown);
  scheduler.run();
  CHECK(workers[0]->drained);
}

TEST_CASE_FIXTURE(router_fixture, "router: a PUT of what is kept gives the result, with another input it runs") {
  make_ready(1, 1);
  run(make_request("a", true));
  finish(0);
  auto kept = run(make_request("a", true));
  REQUIRE(kept->snapshot);
  CHECK(kept->snapshot->status == prediction_status::succeeded);
  auto other = make_request("a", true);
  other->body = R"({"x":1})";
  other->input = {0, other->body.size()};
  CHECK(run(other)->pending);
}

TEST_CASE_FIXTURE(router_fixture, "router: a POST of what is kept runs again") {
  make_ready(1, 1);
  run(make_request("a"));
  finish(0);
  CHECK(run(make_request("a"))->pending);
}

TEST_CASE_FIXTURE(router_fixture, "router: finds what runs, what is kept, and nothing else") {
  make_ready(1, 1);
  run(make_request("a"));
  CHECK((*ask<snapshot_ptr>(under_test, atom::find_v, std::string{"a"}))->status == prediction_status::processing);
  finish(0);
  CHECK((*ask<snapshot_ptr>(under_test, atom::find_v, std::string{"a"}))->status == prediction_status::succeeded);
  CHECK(ask<std::vector<snapshot_ptr>>(under_test, atom::find_v)->size() == 1);
  CHECK_FALSE(ask<snapshot_ptr>(under_test, atom::find_v, std::string{"b"}));
}

TEST_CASE_FIXTURE(router_fixture, "router: a follower joins and leaves the worker's prediction") {
  make_ready(1, 1);
  run(make_request("a"));
  auto follower = make_follower();
  run(make_request("a", true), follower);
  CHECK(workers[0]->attached == std::vector<std::string>{"a"});
  caf::anon_send(under_test, atom::detach_v, std::string{"a"}, follower);
  scheduler.run();
  CHECK(workers[0]->detached == std::vector<std::string>{"a"});
  caf::anon_send_exit(follower, caf::exit_reason::user_shutdown);
}

TEST_CASE_FIXTURE(line_fixture, "router: a streaming client who leaves the line gives up its place") {
  make_ready(1, 1, true);
  run(make_request("a"));
  auto request = make_request("b");
  request->streamed = true;
  auto follower = make_follower();
  run(request, follower);
  caf::anon_send(under_test, atom::detach_v, std::string{"b"}, follower);
  scheduler.run();
  finish(0);
  CHECK(workers[0]->running.empty());
  caf::anon_send_exit(follower, caf::exit_reason::user_shutdown);
}

TEST_CASE_FIXTURE(router_fixture, "router: while files are uploaded the prediction is in flight and its slot is free") {
  make_ready(1, 1);
  auto first = run(make_request("a"));
  auto request = workers[0]->running.front().first;
  caf::anon_send(under_test, atom::release_v, uint64_t{0}, request);
  scheduler.run();
  CHECK(free_slots() == 1);
  CHECK(run(make_request("a"))->error == errc::id_in_flight);
  CHECK(*ask<bool>(under_test, atom::cancel_v, std::string{"a"}));
  caf::anon_send(under_test, atom::drain_v, false);
  scheduler.run();
  CHECK_FALSE(workers[0]->drained);
  finish(0);
  CHECK_FALSE(first->pending);
  CHECK(workers[0]->drained);
}
