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
  void describe(size_t count) {
    for (size_t i = 0; i < count; ++i)
      workers.push_back(system.spawn([this](worker_actor::pointer self) -> worker_actor::behavior_type {
        return {
          [this](atom::start) { promises[answered].deliver(verdict); },
          [](atom::run, const request_ptr&, const prediction_links&) { return snapshot_ptr{}; },
          [](atom::batch, uint64_t, uint64_t) { /* nop */ },
          [](atom::cancel, const request_ptr&) { /* nop */ },
          [](atom::find, const std::string&) { return snapshot_ptr{}; },
          [](atom::attach, const std::string&, const follower_actor&) { return snapshot_ptr{}; },
          [](atom::watch, const std::string&, const follower_actor&) { return snapshot_ptr{}; },
          [](atom::detach, const std::string&, const follower_actor&) { /* nop */ },
          [this, self](atom::check) -> caf::result<std::string> {
            promises.push_back(self->make_response_promise<std::string>());
            return promises.back();
          },
          [](atom::drain) { return caf::unit; },
          [](atom::reload, const std::string&) { /* nop */ },
          [](atom::lease) { /* nop */ },
          [](atom::lost, const std::string&) { /* nop */ },
        };
      }));
    caf::anon_send(under_test, atom::describe_v, workers);
    scheduler.run();
  }

  std::shared_ptr<health_ptr> check(health_status status, std::vector<uint64_t> ready = {0}) {
    auto result = std::make_shared<health_ptr>();
    auto state = std::make_shared<health_answer>();
    state->status = status;
    state->cause = "of the last death";
    system.spawn([=, target = under_test](caf::event_based_actor* self) {
      self->request(target, caf::infinite, atom::check_v, health_ptr{state}, ready).then([=](const health_ptr& answer) {
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

TEST_CASE_FIXTURE(health_fixture, "health: UNHEALTHY when the model says so, with its words and all else as it was") {
  describe(1);
  auto state = check(health_status::ready);
  REQUIRE(promises.size() == 1);
  CHECK(*state == nullptr);
  answer(0, "Healthcheck failed: no");
  REQUIRE(*state);
  CHECK((*state)->status == health_status::unhealthy);
  CHECK((*state)->user_error == "Healthcheck failed: no");
  CHECK((*state)->cause == "of the last death");
}

TEST_CASE_FIXTURE(health_fixture, "health: a healthy model leaves the state as it is") {
  describe(1);
  auto state = check(health_status::busy);
  answer(0, "");
  CHECK((*state)->status == health_status::busy);
  CHECK((*state)->user_error.empty());
}

TEST_CASE_FIXTURE(health_fixture, "health: questions that come meanwhile share one round, each with its own state") {
  describe(1);
  auto first = check(health_status::ready);
  auto second = check(health_status::busy);
  CHECK(promises.size() == 1);
  answer(0, "");
  CHECK((*first)->status == health_status::ready);
  CHECK((*second)->status == health_status::busy);
  check(health_status::ready);
  CHECK(promises.size() == 2);
}

TEST_CASE_FIXTURE(health_fixture, "health: the workers named are asked, and the unhealthy one is named") {
  describe(3);
  auto state = check(health_status::ready, {0, 1});
  REQUIRE(promises.size() == 2);
  answer(0, "");
  answer(1, "Healthcheck failed: gpu");
  CHECK((*state)->user_error == "worker 1: Healthcheck failed: gpu");
}

TEST_CASE_FIXTURE(health_fixture, "health: two unhealthy workers are both named") {
  describe(2);
  auto state = check(health_status::ready, {0, 1});
  answer(0, "no");
  answer(1, "never");
  CHECK((*state)->user_error == "worker 0: no; worker 1: never");
}

TEST_CASE_FIXTURE(health_fixture, "health: the verdict of one round does not stay for the next") {
  describe(1);
  check(health_status::ready);
  answer(0, "no");
  auto state = check(health_status::ready);
  answer(1, "");
  CHECK((*state)->status == health_status::ready);
}

TEST_CASE_FIXTURE(health_fixture, "health: with nobody to ask the state is answered as it is") {
  describe(1);
  CHECK((*check(health_status::ready, {}))->status == health_status::ready);
  CHECK(promises.empty());
}

TEST_CASE_FIXTURE(health_fixture, "health: who waits for a verdict is answered when health ends") {
  describe(1);
  auto state = check(health_status::ready);
  caf::anon_send_exit(under_test, caf::exit_reason::user_shutdown);
  scheduler.run();
  REQUIRE(*state);
  CHECK((*state)->status == health_status::ready);
}
