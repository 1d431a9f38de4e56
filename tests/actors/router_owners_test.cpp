#include "prediction/owned_id.hpp"
#include "router_support.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

struct owners_fixture : router_fixture {
  owners_fixture() { make_ready(1, 4, true); }

  static std::shared_ptr<prediction_request> request_of(const std::string& owner, const std::string& id,
                                                        bool put = false, uint64_t limit = 0) {
    auto request = make_request(id, put);
    request->owned_id = owned_id(owner, id);
    request->owner_limit = limit;
    return request;
  }

  /// What the fake worker says it was asked about; for one that is not in flight the kept result's.
  std::string found_as(const std::string& name) {
    auto found = ask<snapshot_ptr>(under_test, atom::find_v, name);
    return found ? (*found)->id : "nothing";
  }

  void finish_first() {
    auto request = workers[0]->running.front().first;
    auto snapshot = std::make_shared<prediction_snapshot>();
    snapshot->id = request->id;
    snapshot->owned_id = request->owned_id;
    snapshot->status = prediction_status::succeeded;
    workers[0]->result = snapshot;
    caf::anon_send(under_test, atom::retire_v, uint64_t{0}, request, workers[0]->result);
    caf::anon_send(handles[0], atom::start_v);
    scheduler.run();
  }
};

}   // namespace

TEST_CASE_FIXTURE(owners_fixture, "router: equal ids of two owners are two predictions") {
  auto first = run(request_of("ada", "x"));
  auto second = run(request_of("bob", "x"));
  CHECK(first->pending);
  CHECK(second->pending);
  CHECK(workers[0]->running.size() == 2);
  CHECK(run(request_of("bob", "x"))->error == errc::id_in_flight);
  CHECK(found_as(owned_id("ada", "x")) == owned_id("ada", "x"));
  CHECK(found_as(owned_id("eve", "x")) == "nothing");
  CHECK(found_as("x") == "nothing");
  finish_first();
  CHECK(found_as(owned_id("ada", "x")) == "x");
  CHECK(found_as(owned_id("bob", "x")) == owned_id("bob", "x"));
}

TEST_CASE_FIXTURE(owners_fixture, "router: who may see all is shown his own first, then anybody's, in flight or kept") {
  run(request_of("ada", "x"));
  auto of_root = any_owner + owned_id("root", "x");
  CHECK(found_as(of_root) == owned_id("ada", "x"));
  run(request_of("root", "x"));
  CHECK(found_as(of_root) == owned_id("root", "x"));
  finish_first();
  finish_first();
  CHECK(found_as(any_owner + owned_id("other", "x")) == "x");
  CHECK(found_as(any_owner + owned_id("other", "y")) == "nothing");
  CHECK_FALSE(*ask<bool>(under_test, atom::cancel_v, any_owner + owned_id("root", "y")));
}

TEST_CASE_FIXTURE(owners_fixture, "router: an asterisk means nothing to those who have no keys") {
  run(make_request("*x"));
  CHECK(found_as("*x") == "*x");
}

TEST_CASE_FIXTURE(owners_fixture, "router: an owner with enough in flight is refused more, others are not") {
  run(request_of("ada", "1", false, 2));
  run(request_of("ada", "2", true, 2));
  auto refused = run(request_of("ada", "3", false, 2));
  CHECK(refused->error == errc::owner_limit);
  CHECK(refused->text.find("ada has 2 predictions in flight") != std::string::npos);
  CHECK(run(request_of("bob", "3", false, 2))->pending);
  CHECK(run(request_of("ada", "2", true, 2))->snapshot);   // it joins
  finish_first();
  CHECK(run(request_of("ada", "3", false, 2))->pending);
}
