#include "router_support.hpp"
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
  CHECK(workers[0]->others[0].streams == std::vector<follower_actor>{follower});
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
  CHECK(workers[0]->others[1].streams == std::vector<follower_actor>{first, second});
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
