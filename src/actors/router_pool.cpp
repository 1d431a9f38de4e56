#include "actors/router.hpp"
#include "prediction/pool_plan.hpp"

// What the workers report, and the end of the server.

namespace cog {

namespace {

constexpr double quick = 1e-3;   // seconds; a wait for the next prediction costs a tenth of that

}   // namespace

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
  if (was == worker_phase::ready && report.phase != worker_phase::ready)
    metrics.count_restart();
  pool.take(report);
  if (report.phase == worker_phase::ready && was != worker_phase::ready) {
    idle.add(report.index, slots_of_worker(*model, report.index), report.devices);
  } else if (report.phase != worker_phase::ready) {
    idle.remove(report.index);
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
      end_waiting(entry, refusal());
    }
  serve_line();
}

void router_state::free_slot(uint64_t worker) {
  if (!ahead.empty())
    return ahead.pop_front();   // it begins in that slot
  --running;
  idle.give_back(worker);
}

void router_state::release(uint64_t worker, const request_ptr& request) {
  in_flight[request->id].released = true;
  ++uploading;
  free_slot(worker);
  serve_line();
}

void router_state::retire(uint64_t worker, const request_ptr& request, const snapshot_ptr& result) {
  auto found = in_flight.find(request->id);
  bool own = found != in_flight.end() && found->second.request == request;
  bool released = own && found->second.released;
  if (own)
    in_flight.erase(found);
  if (result) {
    metrics.count(*result);
    ring.add({request, result});
  }
  bool was_ahead = std::erase(ahead, request) > 0;
  if (result && !was_ahead)
    is_quick = result->predict_time < quick;
  if (released)
    --uploading;
  else if (!was_ahead)
    free_slot(worker);
  serve_line();
  finish_when_empty();
}

caf::result<caf::unit_t> router_state::drain(bool cancel_running) {
  auto promise = self->make_response_promise<caf::unit_t>();
  drained.push_back(promise);
  if (!draining) {
    draining = true;
    for (auto& entry : std::exchange(line, {}))
      end_waiting(entry, {});
    for (auto& request : ahead)
      self->send(workers[0], atom::cancel_v, request);
  }
  if (cancel_running)
    for (auto& [id, entry] : in_flight)
      self->send(workers[entry.worker], atom::cancel_v, entry.request);
  if (cancel_running)
    for (auto& courier : couriers)
      self->send(courier, atom::drain_v);
  finish_when_empty();
  return promise;
}

void router_state::finish_when_empty() {
  if (!draining || running > 0 || !ahead.empty() || uploading > 0 || !couriers.empty() || workers_to_go > 0)
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

}   // namespace cog
