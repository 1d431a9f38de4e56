#include "router_support.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

struct health_questions : router_fixture {
  health_ptr state() { return *ask<health_ptr>(under_test, atom::check_v); }
};

}   // namespace

TEST_CASE_FIXTURE(health_questions, "router: STARTING, READY and BUSY follow from the reports and the free slots") {
  CHECK(state()->status == health_status::starting);
  make_ready(1, 1);
  CHECK(state()->status == health_status::ready);
  run(make_request("a"));
  CHECK(state()->status == health_status::busy);
  finish(0);
  CHECK(state()->status == health_status::ready);
  CHECK(asked.empty());
}

TEST_CASE_FIXTURE(health_questions, "router: what refuses a prediction is what a health check says") {
  make_ready(1, 1);
  report(0, worker_phase::given_up, "exit code 3");
  CHECK(state()->status == health_status::defunct);
  CHECK(state()->cause == "exit code 3");
  CHECK(state()->given_up == std::vector<std::string>{"worker 0: exit code 3"});
  CHECK(run(make_request("a"))->error == errc::defunct);
}

TEST_CASE_FIXTURE(health_questions, "router: slots, and those that are live") {
  make_ready(2, 2);
  report(1, worker_phase::given_up, "exit code 3");
  CHECK(state()->slots == 2);
  CHECK(state()->live_slots == 1);
  CHECK(state()->free_slots == 1);
}

TEST_CASE_FIXTURE(health_questions,
                  "router: a model with a healthcheck is asked in its ready workers, and not before READY") {
  healthcheck = true;
  describe(3, 3);
  report(0, worker_phase::ready);
  CHECK(state()->status == health_status::starting);
  CHECK(asked.empty());
  report(1, worker_phase::ready);
  report(2, worker_phase::given_up, "exit code 3");
  CHECK(state()->status == health_status::ready);
  CHECK(asked == std::vector<std::vector<uint64_t>>{{0, 1}});
}

TEST_CASE_FIXTURE(health_questions, "router: a busy model is asked too") {
  healthcheck = true;
  make_ready(1, 1);
  run(make_request("a"));
  CHECK(state()->status == health_status::busy);
  CHECK(asked.size() == 1);
}

TEST_CASE_FIXTURE(health_questions, "router: a model whose first setup failed is not asked") {
  healthcheck = true;
  describe(1, 1);
  report(0, worker_phase::failed, "no weights");
  CHECK(state()->status == health_status::setup_failed);
  CHECK(asked.empty());
}
