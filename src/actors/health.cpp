#include "actors/health.hpp"

namespace cog {

namespace {

health_ptr with_verdict(const health_ptr& state, const std::string& error) {
  if (error.empty())
    return state;
  auto unhealthy = std::make_shared<health_answer>(*state);
  unhealthy->status = health_status::unhealthy;
  unhealthy->user_error = error;
  return unhealthy;
}

}   // namespace

caf::result<health_ptr> health_state::check(const health_ptr& state, const std::vector<uint64_t>& ready) {
  if (ready.empty())
    return state;
  auto promise = self->make_response_promise<health_ptr>();
  waiting.push_back({state, promise});
  if (unanswered > 0)
    return promise;
  user_error.clear();
  unanswered = ready.size();
  for (auto worker : ready)
    self->request(workers.at(worker), caf::infinite, atom::check_v)
      .then([this, worker](const std::string& error) { take_verdict(worker, error); },
            [this, worker](const caf::error&) { take_verdict(worker, {}); });   // it has died: its report tells
  return promise;
}

void health_state::take_verdict(uint64_t worker, const std::string& error) {
  if (!error.empty()) {
    if (!user_error.empty())
      user_error += "; ";
    user_error += workers.size() > 1 ? "worker " + std::to_string(worker) + ": " + error : error;
  }
  if (--unanswered > 0)
    return;
  for (auto& [state, promise] : std::exchange(waiting, {}))
    promise.deliver(with_verdict(state, user_error));
}

health_actor::behavior_type health(health_actor::stateful_pointer<health_state> self) {
  self->set_exit_handler([self](const caf::exit_msg& exit) {
    for (auto& [state, promise] : self->state.waiting)
      promise.deliver(state);
    self->quit(exit.reason);
  });
  return {
    [self](atom::describe, const std::vector<worker_actor>& workers) { self->state.workers = workers; },
    [self](atom::check, const health_ptr& state, const std::vector<uint64_t>& ready) {
      return self->state.check(state, ready);
    },
  };
}

}   // namespace cog
