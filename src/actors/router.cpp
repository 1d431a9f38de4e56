#include "actors/router.hpp"
#include "prediction/pool_plan.hpp"
#include "prediction/shown_input.hpp"
#include <algorithm>
#include <spdlog/spdlog.h>

namespace cog {

namespace {

std::shared_ptr<prediction_snapshot> make_snapshot(const prediction_request& request, prediction_status status) {
  auto result = std::make_shared<prediction_snapshot>();
  result->id = request.id;
  result->status = status;
  return result;
}

} // namespace

uint64_t router_state::free_slots() const {
  return draining || running >= capacity ? 0 : std::min<uint64_t>(idle.size(), capacity - running);
}

caf::error router_state::refusal() const {
  if (draining)
    return make_error(errc::draining);
  auto cause = [this](errc code) {
    auto text = to_string(code);
    for (auto& worker : pool.workers)
      if (!worker.cause.empty())
        return make_error(code, text + ": " + worker.cause);
    return make_error(code, text);
  };
  switch (pool.shown(free_slots())) {
    case health_status::ready:
      return {};
    case health_status::busy:
      return line.size() < max_queue ? caf::error{} : make_error(errc::at_capacity);
    case health_status::setup_failed:
      return make_error(errc::setup_failed);
    case health_status::defunct:
      return cause(errc::defunct);
    case health_status::unknown:
    case health_status::starting:
    case health_status::unhealthy:
      break;
  }
  return make_error(errc::not_ready);
}

inputs_actor router_state::inputs_for(const request_ptr& request) const {
  return request->files.empty() ? inputs_actor{} : make.inputs(request);
}

uint64_t router_state::take_slot(const request_ptr& request) {
  auto worker = idle.front();
  idle.pop_front();
  ++running;
  in_flight[request->id] = {request, worker, false};
  return worker;
}

caf::result<snapshot_ptr> router_state::run(const request_ptr& request) {
  if (auto found = in_flight.find(request->id); found != in_flight.end()) {
    if (!request->put)
      return make_error(errc::id_in_flight);
    if (found->second.waits) {
      auto& waiting = *found->second.request;
      auto state = make_snapshot(waiting, prediction_status::starting);
      state->input = shown_input(waiting, model->document.get());
      return snapshot_ptr{std::move(state)};
    }
    return self->delegate(workers[found->second.worker], atom::find_v, request->id);
  }
  if (!request->errors.empty())
    return make_error(errc::invalid_input);
  if (auto error = refusal())
    return error;
  if (free_slots() > 0 && line.empty()) {
    auto inputs = inputs_for(request);
    return self->delegate(workers[take_slot(request)], atom::run_v, request, inputs);
  }
  auto promise = self->make_response_promise<snapshot_ptr>();
  in_flight[request->id] = {request, 0, true};
  line.push_back({request, inputs_for(request), promise});
  return promise;
}

void router_state::serve_line() {
  while (!line.empty() && free_slots() > 0) {
    auto entry = std::move(line.front());
    line.pop_front();
    entry.promise.delegate(workers[take_slot(entry.request)], atom::run_v, entry.request, entry.inputs);
  }
}

void router_state::end_waiting(waiting_prediction& entry) {
  if (entry.inputs)
    self->send_exit(entry.inputs, caf::exit_reason::user_shutdown);
  in_flight.erase(entry.request->id);
  entry.promise.deliver(snapshot_ptr{make_snapshot(*entry.request, prediction_status::canceled)});
}

void router_state::leave(const request_ptr& request) {
  auto found = in_flight.find(request->id);
  if (found != in_flight.end() && found->second.request == request)
    cancel(request->id);
}

bool router_state::cancel(const std::string& id) {
  auto found = in_flight.find(id);
  if (found == in_flight.end())
    return false;
  auto request = found->second.request;
  if (!found->second.waits) {
    self->send(workers[found->second.worker], atom::cancel_v, request);
    return true;
  }
  auto entry = std::find_if(line.begin(), line.end(), [&](auto& waiting) { return waiting.request == request; });
  end_waiting(*entry);
  line.erase(entry);
  return true;
}

void router_state::describe(const description_ptr& description) {
  if (model)
    return;
  model = description;
  capacity = model->capacity;
  pool.expect(model->workers);
  for (uint64_t index = 1; index < model->workers; ++index)
    workers.push_back(make.worker(self, index, model));
  self->send(health, atom::describe_v, model, workers);
}

void router_state::take(const worker_report& report) {
  auto was_set_up = pool.workers[0].set_up;
  auto was = report.index < pool.workers.size() ? pool.workers[report.index].phase : worker_phase::waiting;
  pool.take(report);
  if (report.phase == worker_phase::ready && was != worker_phase::ready) {
    idle.insert(idle.end(), slots_of_worker(*model, report.index), report.index);
  } else if (report.phase != worker_phase::ready) {
    std::erase(idle, report.index);
  }
  if (!was_set_up && pool.workers[0].set_up && !draining)
    for (size_t i = 1; i < workers.size(); ++i)
      self->send(workers[i], atom::start_v);
  self->send(health, atom::report_v, report);
  auto state = pool.shown(1);
  if (state == health_status::defunct || state == health_status::setup_failed)
    while (!line.empty()) {
      auto entry = std::move(line.front());
      line.pop_front();
      in_flight.erase(entry.request->id);
      entry.promise.deliver(refusal());
    }
  serve_line();
}

void router_state::retire(uint64_t worker, const request_ptr& request) {
  --running;
  auto found = in_flight.find(request->id);
  if (found != in_flight.end() && found->second.request == request)
    in_flight.erase(found);
  if (pool.workers[worker].phase == worker_phase::ready)
    idle.push_back(worker);
  serve_line();
  finish_when_empty();
}

caf::result<caf::unit_t> router_state::drain(bool cancel_running) {
  auto promise = self->make_response_promise<caf::unit_t>();
  drained.push_back(promise);
  if (!draining) {
    draining = true;
    for (auto& entry : line)
      end_waiting(entry);
    line.clear();
  }
  if (cancel_running)
    for (auto& [id, entry] : in_flight)
      self->send(workers[entry.worker], atom::cancel_v, entry.request);
  finish_when_empty();
  return promise;
}

void router_state::finish_when_empty() {
  if (!draining || running > 0 || workers_to_go > 0)
    return;
  workers_to_go = workers.size();
  for (auto& worker : workers) {
    auto gone = [this] {
      if (--workers_to_go == 0)
        for (auto& promise : std::exchange(drained, {}))
          promise.deliver(caf::unit);
    };
    self->request(worker, caf::infinite, atom::drain_v)
      .then([gone](caf::unit_t) { gone(); }, [gone](const caf::error&) { gone(); });
  }
}

router_actor::behavior_type router(router_actor::stateful_pointer<router_state> self, health_actor health,
                                   router_makers make, uint64_t max_queue) {
  auto& state = self->state;
  state.health = std::move(health);
  state.make = std::move(make);
  state.max_queue = max_queue;
  state.workers.push_back(state.make.worker(self, 0, nullptr));
  self->send(state.workers[0], atom::start_v);
  self->set_exit_handler([self](const caf::exit_msg& exit) {
    for (auto& entry : self->state.line)
      entry.promise.deliver(make_error(errc::draining));
    for (auto& promise : self->state.drained)
      promise.deliver(caf::unit);
    for (auto& worker : self->state.workers)
      self->send_exit(worker, exit.reason);
    self->quit(exit.reason);
  });
  return {
    [self](atom::run, const request_ptr& request) { return self->state.run(request); },
    [self](atom::cancel, const request_ptr& request) { self->state.leave(request); },
    [self](atom::cancel, const std::string& id) { return self->state.cancel(id); },
    [self](atom::document) { return self->state.model ? self->state.model->document : nullptr; },
    [self](atom::check) { return self->delegate(self->state.health, atom::check_v, self->state.free_slots()); },
    [self](atom::describe, const description_ptr& model) { self->state.describe(model); },
    [self](atom::report, const worker_report& report) { self->state.take(report); },
    [self](atom::retire, uint64_t worker, const request_ptr& request) { self->state.retire(worker, request); },
    [self](atom::drain, bool cancel_running) { return self->state.drain(cancel_running); },
  };
}

} // namespace cog
