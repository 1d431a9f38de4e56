#include "actors/health.hpp"
#include "prediction/pool_plan.hpp"

namespace cog {

health_ptr health_state::answer(uint64_t free_slots, const std::string& error) const {
  auto result = std::make_shared<health_answer>();
  result->status = error.empty() ? pool.shown(free_slots) : health_status::unhealthy;
  result->setup = pool.workers[0].setup;
  result->user_error = error;
  result->model = model;
  result->cause = pool.last_cause;
  for (auto& worker : pool.workers)
    if (worker.phase == worker_phase::given_up)
      result->given_up.push_back("worker " + std::to_string(worker.index) + ": " + worker.cause);
  if (model) {
    result->slots = model->capacity;
    result->live_slots = live_capacity(*model, pool);
  }
  return result;
}

caf::result<health_ptr> health_state::check(uint64_t free_slots) {
  auto state = pool.shown(free_slots);
  bool live = state == health_status::ready || state == health_status::busy;
  if (!live || !model->healthcheck)
    return answer(free_slots, {});
  auto promise = self->make_response_promise<health_ptr>();
  waiting.push_back({free_slots, promise});
  if (unanswered == 0)
    ask_workers();
  return promise;
}

void health_state::ask_workers() {
  user_error.clear();
  for (auto& report : pool.workers) {
    if (report.phase != worker_phase::ready)
      continue;
    ++unanswered;
    auto worker = report.index;
    self->request(workers[worker], caf::infinite, atom::check_v)
      .then([this, worker](const std::string& error) { take_verdict(worker, error); },
            [this, worker](const caf::error&) { take_verdict(worker, {}); });   // it has died: the report tells
  }
}

void health_state::take_verdict(uint64_t worker, const std::string& error) {
  if (!error.empty()) {
    if (!user_error.empty())
      user_error += "; ";
    user_error += pool.workers.size() > 1 ? "worker " + std::to_string(worker) + ": " + error : error;
  }
  if (--unanswered > 0)
    return;
  for (auto& [free_slots, promise] : std::exchange(waiting, {}))
    promise.deliver(answer(free_slots, user_error));
}

health_actor::behavior_type health(health_actor::stateful_pointer<health_state> self) {
  self->set_exit_handler([self](const caf::exit_msg& exit) {
    for (auto& [free_slots, promise] : self->state.waiting)
      promise.deliver(self->state.answer(free_slots, {}));
    self->quit(exit.reason);
  });
  return {
    [self](atom::describe, const description_ptr& model, const std::vector<worker_actor>& workers) {
      self->state.model = model;
      self->state.workers = workers;
      self->state.pool.expect(workers.size());
    },
    [self](atom::report, const worker_report& report) { self->state.pool.take(report); },
    [self](atom::check, uint64_t free_slots) { return self->state.check(free_slots); },
  };
}

}   // namespace cog
