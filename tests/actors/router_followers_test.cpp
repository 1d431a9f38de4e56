#include "router_support.hpp"
#include <algorithm>
#include <doctest/doctest.h>

using namespace cog;

namespace {

struct line_fixture : router_fixture {
  line_fixture() : router_fixture{2} {
    // nop
  }
};

}   // namespace

TEST_CASE_FIXTURE(router_fixture, "router: who wants to follow is answered at once, and goes along to the worker") {
  make_ready(1, 1);
  auto follower = make_follower();
  auto request = make_request("a");
  request->streamed = true;
  auto answer = run(request, follower);
  REQUIRE_FALSE(answer->pending);
  CHECK(answer->snapshot->status == prediction_status::starting);
  CHECK(workers[0]->links[0].streams == std::vector<follower_actor>{follower});
  caf::anon_send_exit(follower, caf::exit_reason::user_shutdown);
}

TEST_CASE_FIXTURE(router_fixture, "router: a model without streams refuses followers, but only once it is ready") {
  streaming = false;
  auto follower = make_follower();
  CHECK(run(make_request("a"), follower)->error == errc::not_ready);
  describe(1, 1);
  CHECK(run(make_request("a"), follower)->error == errc::not_ready);
  report(0, worker_phase::ready);
  CHECK(run(make_request("a"), follower)->error == errc::not_streaming);
  run(make_request("live"));
  CHECK(run(make_request("a"), follower)->error == errc::not_streaming);
  CHECK(run(make_request("live", true), follower)->error == errc::not_streaming);
  caf::anon_send_exit(follower, caf::exit_reason::user_shutdown);
}

TEST_CASE_FIXTURE(line_fixture, "router: followers of one that waits go along to the worker with it") {
  auto first = make_follower();
  auto second = make_follower();
  make_ready(1, 1, true);
  run(make_request("a"));
  run(make_request("b"), first);
  CHECK(run(make_request("b", true), second)->snapshot->status == prediction_status::starting);
  finish(0);
  CHECK(workers[0]->links[1].streams == std::vector<follower_actor>{first, second});
  caf::anon_send_exit(first, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(second, caf::exit_reason::user_shutdown);
}

TEST_CASE_FIXTURE(router_fixture, "router: couriers are told to hurry only when what runs is cancelled") {
  make_ready(1, 1);
  auto request = make_request("a");
  request->webhook = "http://example.net/";
  run(request);
  caf::anon_send(under_test, atom::drain_v, false);
  scheduler.run();
  CHECK(couriers_drained == 0);
  caf::anon_send(under_test, atom::drain_v, true);
  scheduler.run();
  CHECK(couriers_drained == 1);
}

TEST_CASE_FIXTURE(router_fixture, "router: takes its couriers along when it ends") {
  make_ready(1, 1);
  auto request = make_request("a");
  request->webhook = "http://example.net/";
  run(request);
  bool gone = false;
  caf::actor_cast<caf::actor>(couriers[0])->attach_functor([&](const caf::error&) { gone = true; });
  caf::anon_send_exit(under_test, caf::exit_reason::user_shutdown);
  scheduler.run();
  CHECK(gone);
}

TEST_CASE_FIXTURE(router_fixture, "router: watchers of one that runs are its worker's, of one that is kept nobody's") {
  make_ready(1, 1);
  auto watcher = make_follower();
  auto watch = [&](const std::string& id) { return ask<snapshot_ptr>(under_test, atom::watch_v, id, watcher); };
  CHECK(code_of(watch("a").error()) == errc::not_found);
  run(make_request("a"));
  CHECK(watch("a"));
  CHECK(workers[0]->watched == std::vector<std::string>{"a"});
  finish(0);
  auto kept = watch("a");
  REQUIRE(kept);
  CHECK((*kept)->status == prediction_status::succeeded);
  CHECK(workers[0]->watched.size() == 1);
  caf::anon_send_exit(watcher, caf::exit_reason::user_shutdown);
}

TEST_CASE_FIXTURE(line_fixture, "router: who watches one that waits goes along to the worker with it") {
  auto watcher = make_follower();
  make_ready(1, 1, true);
  run(make_request("a"));
  run(make_request("b"));
  auto state = ask<snapshot_ptr>(under_test, atom::watch_v, std::string{"b"}, watcher);
  REQUIRE(state);
  CHECK((*state)->status == prediction_status::starting);
  finish(0);
  CHECK(workers[0]->links[1].watchers == std::vector<follower_actor>{watcher});
  CHECK(workers[0]->links[1].streams == workers[0]->links[1].watchers);
  caf::anon_send_exit(watcher, caf::exit_reason::user_shutdown);
}

TEST_CASE_FIXTURE(line_fixture, "router: a watcher who leaves one that waits cancels nothing, and hears of its end") {
  auto follower = make_follower();
  auto watcher = make_follower();
  make_ready(1, 1, true);
  run(make_request("a"));
  auto request = make_request("b");
  request->streamed = true;
  run(request, follower);
  auto left = make_follower();
  for (auto& who : {watcher, left})
    CHECK(ask<snapshot_ptr>(under_test, atom::watch_v, std::string{"b"}, who));
  caf::anon_send(under_test, atom::detach_v, std::string{"b"}, left);
  scheduler.run();
  auto is_end = [](const event_ptr& event) { return event->what == prediction_event::kind::completed; };
  CHECK(std::none_of(told.begin(), told.end(), is_end));
  caf::anon_send(under_test, atom::detach_v, std::string{"b"}, follower);
  scheduler.run();
  CHECK(std::count_if(told.begin(), told.end(), is_end) == 1);   // the watcher who is left; nobody follows any more
  CHECK(told.back()->end->status == prediction_status::canceled);
  for (auto& who : {follower, watcher, left})
    caf::anon_send_exit(who, caf::exit_reason::user_shutdown);
}
