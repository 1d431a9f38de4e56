#include "actors/router.hpp"
#include "pool/pool_plan.hpp"

// What the workers report, and the end of the server.

namespace cog {

namespace {

constexpr double quick = 1e-3;   // seconds; a wait for the next prediction costs a tenth of that

}   // namespace

void router_state::describe(const description_ptr& description) {
  if (description->source != serving())
    return describe_next(description);
  if (model)
    return;
  model = description;
  capacity = model->capacity;
  pool.expect(model->workers);
  set_batches();
  for (uint64_t index = 1; index < model->workers; ++index)
    workers.push_back(make.worker(self, {.index = index, .model = model, .source = source}));
  self->send(health, atom::describe_v, workers);
}

void router_state::take(const worker_report& report) {
  has_devices = has_devices || !report.devices.empty();
  if (report.source != serving())
    return take_next(report);
  auto was_set_up = pool.workers[0].set_up;
  auto was = report.index < pool.workers.size() ? pool.workers[report.index].phase : worker_phase::waiting;
  if (was == worker_phase::ready && report.phase != worker_phase::ready)
    metrics.count_restart(report.kind);
  pool.take(report);
  note_report(report, was);
  note_restart(report);
  if (report.phase == worker_phase::ready && was != worker_phase::ready) {
    auto taken = batches_in.contains(report.index) ? 1 : 0;   // what it had goes on in its next process
    idle.add(report.index, slots_of_worker(*model, report.index) - taken, report.devices);
  } else if (report.phase != worker_phase::ready) {
    idle.remove(report.index);
  }
  if (!was_set_up && pool.workers[0].set_up && !draining)
    for (size_t i = 1; i < workers.size(); ++i)
      self->send(workers[i], atom::start_v);
  if (settling)
    settle();
  refuse_waiting();
  serve_queue();
}

/// No worker will ever run what waits.
void router_state::refuse_waiting() {
  if (is_broken() && !holds())
    empty_queue(refusal());
}

/// For the forecast while no worker is live.
void router_state::note_restart(const worker_report& report) {
  auto now = self->clock().now();
  switch (report.phase) {
    case worker_phase::ready:
      return restarts.ready(report.index, now);
    case worker_phase::starting:
    case worker_phase::restarting:
      return restarts.lost(report.index, now);
    case worker_phase::waiting:
    case worker_phase::failed:
    case worker_phase::given_up:
      return restarts.given_up(report.index);
  }
}

caf::result<health_ptr> router_state::check() {
  auto description = cog::describe(pool, model, free_slots());
  description->reload = last_reload;
  health_ptr state = std::move(description);
  bool live = state->status == health_status::ready || state->status == health_status::busy;
  if (!live || !model->healthcheck)
    return state;
  return self->delegate(health, atom::check_v, state, pool.ready());
}

void router_state::release(uint64_t worker, const request_ptr& request) {
  in_flight[request->known_as()].released = true;
  ++uploading;
  free_slot(worker);
  serve_queue();
}

void router_state::retire(uint64_t worker, const request_ptr& request, const snapshot_ptr& result) {
  auto found = in_flight.find(request->known_as());
  bool own = found != in_flight.end() && found->second.request == request;
  bool released = own && found->second.released;
  if (own)
    in_flight.erase(found);
  if (result) {
    metrics.count(*result);
    history.count_end(*result, worker);
    if (gathering)
      batch_counts.count_item(result->status);
    else if (result->started != std::chrono::system_clock::time_point{})
      times.add(result->predict_time, result->status == prediction_status::canceled);
    ring.add(*request, result);
  }
  bool was_ahead = std::erase(ahead, request) > 0;
  if (result && !was_ahead)
    is_quick = result->predict_time < quick;
  if (released)
    --uploading;
  else if (!was_ahead)
    free_slot(worker);
  serve_queue();
  if (next)
    take_over_when_empty();
  finish_when_empty();
}

caf::result<caf::unit_t> router_state::drain(bool cancel_running) {
  auto promise = self->make_response_promise<caf::unit_t>();
  drained.push_back(promise);
  draining = true;
  if (gathering)
    close_batches();
  if (next && (cancel_running || !(next->is_late || next->is_alone))) {   // else only others can run what waits
    forget_next();
    if (!cancel_running)
      serve_queue();
  }
  if (cancel_running) {
    stopping = true;
    empty_queue({}, "The server stopped before this prediction could begin");
    for (auto& [id, entry] : in_flight)
      self->send(workers[entry.worker], atom::cancel_v, entry.request);
    for (auto& courier : couriers)
      self->send(courier, atom::drain_v);
  }
  finish_when_empty();
  return promise;
}

void router_state::finish_when_empty() {
  if (!draining || running > 0 || !queue.empty() || !ahead.empty() || uploading > 0 || !couriers.empty() ||
      workers_to_go > 0)
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
