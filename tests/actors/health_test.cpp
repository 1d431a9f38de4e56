#include "actor_fixture.hpp"
#include "actors/health.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

struct health_fixture : actor_fixture {
  ~health_fixture() {
    caf::anon_send_exit(under_test, caf::exit_reason::user_shutdown);
    for (auto& worker : workers)
      caf::anon_send_exit(worker, caf::exit_reason::user_shutdown);
    workers.clear();
    promises.clear();
    scheduler.run();
  }

  /// A model with so many workers, whose healthcheck() waits for the test's verdict.
  void describe(size_t count, bool healthcheck) {
    for (size_t i = 0; i < count; ++i)
      workers.push_back(system.spawn([this](worker_actor::pointer self) -> worker_actor::behavior_type {
        return {
          [this](atom::start) { promises[answered].deliver(verdict); },
          [](atom::run, const request_ptr&, const companions&) { return snapshot_ptr{}; },
          [](atom::cancel, const request_ptr&) { /* nop */ },
          [](atom::find, const std::string&) { return snapshot_ptr{}; },
          [](atom::attach, const std::string&, const follower_actor&) { return snapshot_ptr{}; },
          [](atom::detach, const std::string&, const follower_actor&) { /* nop */ },
          [this, self](atom::check) -> caf::result<std::string> {
            promises.push_back(self->make_response_promise<std::string>());
            return promises.back();
          },
          [](atom::drain) { return caf::unit; },
          [](atom::lost, const std::string&) { /* nop */ },
        };
      }));
    auto model = std::make_shared<model_description>();
    model->healthcheck = healthcheck;
    model->workers = count;
    caf::anon_send(under_test, atom::describe_v, description_ptr{std::move(model)}, workers);
    scheduler.run();
  }

  void report(uint64_t index, worker_phase phase) {
    worker_report report;
    report.index = index;
    report.phase = phase;
    report.set_up = phase == worker_phase::ready;
    caf::anon_send(under_test, atom::report_v, report);
    scheduler.run();
  }

  std::shared_ptr<health_ptr> check(uint64_t free_slots) {
    auto result = std::make_shared<health_ptr>();
    system.spawn([=, target = under_test](caf::event_based_actor* self) {
      self->request(target, caf::infinite, atom::check_v, free_slots).then([=](const health_ptr& answer) {
        *result = answer;
      });
    });
    scheduler.run();
    return result;
  }

  void answer(size_t question, const std::string& error) {
    answered = question;
    verdict = error;
    caf::anon_send(workers[question % workers.size()], atom::start_v);
    scheduler.run();
  }

  health_actor under_test{system.spawn(health)};
  std::vector<worker_actor> workers;
  std::vector<caf::typed_response_promise<std::string>> promises;   // of the questions asked, in order
  size_t answered = 0;
  std::string verdict;
};

}   // namespace

TEST_CASE_FIXTURE(health_fixture, "health: STARTING, READY and BUSY follow from the reports and the free slots") {
  CHECK((*check(0))->status == health_status::starting);
  describe(1, false);
  report(0, worker_phase::ready);
  CHECK((*check(1))->status == health_status::ready);
  CHECK((*check(0))->status == health_status::busy);
  CHECK(promises.empty());
}

TEST_CASE_FIXTURE(health_fixture, "health: UNHEALTHY when the model says so, with its words") {
  describe(1, true);
  report(0, worker_phase::ready);
  auto state = check(1);
  REQUIRE(promises.size() == 1);
  answer(0, "Healthcheck failed: no");
  REQUIRE(*state);
  CHECK((*state)->status == health_status::unhealthy);
  CHECK((*state)->user_error == "Healthcheck failed: no");
}

TEST_CASE_FIXTURE(health_fixture, "health: a healthy model under full load is BUSY") {
  describe(1, true);
  report(0, worker_phase::ready);
  auto state = check(0);
  answer(0, "");
  CHECK((*state)->status == health_status::busy);
}

TEST_CASE_FIXTURE(health_fixture, "health: questions that come meanwhile share one check") {
  describe(1, true);
  report(0, worker_phase::ready);
  auto first = check(1);
  auto second = check(0);
  CHECK(promises.size() == 1);
  answer(0, "");
  CHECK((*first)->status == health_status::ready);
  CHECK((*second)->status == health_status::busy);
  check(1);
  CHECK(promises.size() == 2);
}

TEST_CASE_FIXTURE(health_fixture, "health: all ready workers are asked, and the unhealthy one is named") {
  describe(3, true);
  report(0, worker_phase::ready);
  report(1, worker_phase::ready);
  report(2, worker_phase::given_up);
  auto state = check(1);
  REQUIRE(promises.size() == 2);
  answer(0, "");
  answer(1, "Healthcheck failed: gpu");
  CHECK((*state)->user_error == "worker 1: Healthcheck failed: gpu");
}

TEST_CASE_FIXTURE(health_fixture, "health: nobody is asked before READY") {
  describe(1, true);
  CHECK((*check(0))->status == health_status::starting);
  CHECK(promises.empty());
}

TEST_CASE_FIXTURE(health_fixture, "health: who waits for a check is answered when health ends") {
  describe(1, true);
  report(0, worker_phase::ready);
  auto state = check(1);
  caf::anon_send_exit(under_test, caf::exit_reason::user_shutdown);
  scheduler.run();
  REQUIRE(*state);
  CHECK((*state)->status == health_status::ready);
}
