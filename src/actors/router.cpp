#include "actors/router.hpp"
#include "actors/prediction_log.hpp"
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
  result->created = request.created;
  return result;
}

bool answered_when_accepted(const prediction_request& request, const companions& others) {
  return request.respond_async || !others.streams.empty();
}

}   // namespace

uint64_t router_state::free_slots() const {
  return draining || running >= capacity ? 0 : std::min(idle.count(), capacity - running);
}

std::string router_state::metrics_text() const {
  auto slots = model ? live_capacity(*model, pool) : 0;
  return metrics.text(pool, {slots, free_slots(), waiting_count(), couriers.size(), ring.size()});
}

caf::error router_state::refusal() const {
  if (draining)
    return make_error(errc::draining);
  switch (pool.shown(free_slots())) {
    case health_status::ready:
      return {};
    case health_status::busy:
      return waiting_count() < max_queue ? caf::error{} : make_error(errc::at_capacity);
    case health_status::setup_failed:
      return make_error(errc::setup_failed);
    case health_status::defunct:
      return make_error(errc::defunct, to_string(errc::defunct) + ": " + pool.last_cause);
    case health_status::unknown:
    case health_status::starting:
    case health_status::unhealthy:
      break;
  }
  return make_error(errc::not_ready);
}

companions router_state::companions_for(const request_ptr& request, const follower_actor& stream) {
  companions others;
  if (!request->files.empty())
    others.inputs = make.inputs(request);
  if (!request->webhook.empty()) {
    others.courier = make.courier(request);
    self->monitor(others.courier);
    couriers.push_back(others.courier);
  }
  if (stream)
    others.streams.push_back(stream);
  return others;
}

uint64_t router_state::take_slot(const request_ptr& request) {
  auto worker = idle.take();
  ++running;
  in_flight[request->id] = {request, worker};
  return worker;
}

caf::result<snapshot_ptr> router_state::run(const request_ptr& request, const follower_actor& stream) {
  if (in_flight.contains(request->id))
    return join(request, stream);
  if (stream && !streams()) {
    auto error = refusal();
    return error && code_of(error) != errc::at_capacity ? error : make_error(errc::not_streaming);
  }
  if (request->put)
    if (auto* kept = ring.find(request->id); kept != nullptr && same_input(*kept->request, *request))
      return kept->result;
  if (!request->errors.empty())
    return make_error(errc::invalid_input);
  if (auto error = refusal()) {
    metrics.count_refusal();
    return error;
  }
  return accept(request, companions_for(request, stream));
}

/// For an id that is in flight. One that has ended before its worker is asked, and is not kept, runs again.
caf::result<snapshot_ptr> router_state::join(const request_ptr& request, const follower_actor& stream) {
  if (!request->put)
    return make_error(errc::id_in_flight);
  if (stream && !streams())
    return make_error(errc::not_streaming);
  auto& entry = in_flight.at(request->id);
  if (entry.waits)
    return stream ? attach(request->id, stream) : find(request->id);
  auto promise = self->make_response_promise<snapshot_ptr>();
  auto answer = [promise](const snapshot_ptr& state) mutable { promise.deliver(state); };
  auto refuse = [this, promise, request, stream](const caf::error& error) mutable {
    if (code_of(error) == errc::not_found)
      promise.delegate(router_actor{self}, atom::run_v, request, stream);
    else
      promise.deliver(error);
  };
  auto& worker = workers[entry.worker];
  if (stream)
    self->request(worker, caf::infinite, atom::attach_v, request->id, stream).then(answer, refuse);
  else
    self->request(worker, caf::infinite, atom::find_v, request->id).then(answer, refuse);
  return promise;
}

bool router_state::streams() const {
  return model && model->document && model->document->streaming;
}

caf::result<snapshot_ptr> router_state::attach(const std::string& id, const follower_actor& stream) {
  auto found = in_flight.find(id);
  if (found == in_flight.end())
    return find(id);
  auto& entry = found->second;
  if (!entry.waits)
    return self->delegate(workers[entry.worker], atom::attach_v, id, stream);
  auto& streams = waiting(entry.request)->others.streams;
  if (streams.size() >= most_followers)
    return make_error(errc::too_many_followers);
  streams.push_back(stream);
  return describe_waiting(*entry.request);
}

snapshot_ptr router_state::describe_waiting(const prediction_request& request) const {
  auto state = make_snapshot(request, prediction_status::starting);
  state->input = shown_input(request, model->document.get());
  return state;
}

std::deque<router_state::waiting_prediction>::iterator router_state::waiting(const request_ptr& request) {
  return std::find_if(line.begin(), line.end(), [&](auto& entry) { return entry.request == request; });
}

/// It was accepted, so it waits for a worker, before all others, as long as there may be one.
caf::result<snapshot_ptr> router_state::rerun(const request_ptr& request, const companions& others) {
  auto state = pool.shown(1);
  if (draining || state == health_status::defunct || state == health_status::setup_failed) {
    waiting_prediction entry{request, others, self->make_response_promise<snapshot_ptr>()};
    end_waiting(entry, refusal());
    return entry.promise;
  }
  return free_slots() > 0 ? accept(request, others) : enlist(request, others, line.begin());
}

caf::result<snapshot_ptr> router_state::accept(const request_ptr& request, const companions& others) {
  if (line.empty() && free_slots() > 0) {
    auto& worker = workers[take_slot(request)];
    if (!answered_when_accepted(*request, others))
      return self->delegate(worker, atom::run_v, request, others);
    caf::anon_send(worker, atom::run_v, request, others);
    return snapshot_ptr{make_snapshot(*request, prediction_status::starting)};
  }
  if (line.empty() && takes_ahead(request, others)) {
    ahead = request;
    in_flight[request->id] = {.request = request};
    return self->delegate(workers[0], atom::run_v, request, others);
  }
  return enlist(request, others, line.end());
}

caf::result<snapshot_ptr> router_state::enlist(const request_ptr& request, const companions& others,
                                               std::deque<waiting_prediction>::iterator place) {
  in_flight[request->id] = {.request = request, .waits = true};
  auto entry = line.insert(place, {request, others, {}});
  if (answered_when_accepted(*request, others))
    return snapshot_ptr{make_snapshot(*request, prediction_status::starting)};
  entry->promise = self->make_response_promise<snapshot_ptr>();
  return entry->promise;
}

/// The only worker of a synchronous model gets the next plain prediction while it runs one, so that it need not wait
/// for it. With several workers it could have to wait there while another is idle.
bool router_state::takes_ahead(const request_ptr& request, const companions& others) const {
  return !ahead && !draining && running == 1 && workers.size() == 1 && !model->async &&
    pool.workers[0].phase == worker_phase::ready && !others.inputs && !others.courier &&
    !answered_when_accepted(*request, others);
}

uint64_t router_state::waiting_count() const {
  return line.size() + (ahead ? 1 : 0);
}

void router_state::serve_line() {
  while (!line.empty() && free_slots() > 0) {
    auto entry = std::move(line.front());
    line.pop_front();
    auto& worker = workers[take_slot(entry.request)];
    if (entry.promise.pending())
      entry.promise.delegate(worker, atom::run_v, entry.request, entry.others);
    else
      caf::anon_send(worker, atom::run_v, entry.request, entry.others);
  }
  while (!line.empty() && takes_ahead(line.front().request, line.front().others)) {
    auto entry = std::move(line.front());
    line.pop_front();
    ahead = entry.request;
    in_flight[ahead->id] = {.request = ahead};
    entry.promise.delegate(workers[0], atom::run_v, entry.request, entry.others);
  }
}

/// Without a reason it is `canceled`; else it fails, and who waits for an answer gets the error itself.
void router_state::end_waiting(waiting_prediction& entry, const caf::error& reason) {
  if (entry.others.inputs)
    self->send_exit(entry.others.inputs, caf::exit_reason::user_shutdown);
  in_flight.erase(entry.request->id);
  auto result = make_snapshot(*entry.request, reason ? prediction_status::failed : prediction_status::canceled);
  if (reason)
    result->error = text_of(reason);
  result->completed = std::chrono::system_clock::now();
  metrics.count(*result);
  log_end(*entry.request, *result);
  ring.add({entry.request, result});
  prediction_event end;
  end.what = prediction_event::kind::completed;
  end.end = result;
  auto event = std::make_shared<const prediction_event>(std::move(end));
  for (auto& stream : entry.others.streams)
    self->send(stream, atom::event_v, event);
  if (entry.others.courier)
    self->send(entry.others.courier, atom::event_v, event);
  if (reason)
    entry.promise.deliver(reason);
  else
    entry.promise.deliver(snapshot_ptr{std::move(result)});
}

caf::result<snapshot_ptr> router_state::find(const std::string& id) const {
  if (auto found = in_flight.find(id); found != in_flight.end()) {
    if (!found->second.waits)
      return self->delegate(workers[found->second.worker], atom::find_v, id);
    return describe_waiting(*found->second.request);
  }
  if (auto* kept = ring.find(id))
    return kept->result;
  return make_error(errc::not_found);
}

void router_state::detach(const std::string& id, const follower_actor& stream) {
  auto found = in_flight.find(id);
  if (found == in_flight.end())
    return;
  if (!found->second.waits)
    return self->send(workers[found->second.worker], atom::detach_v, id, stream);
  auto& request = found->second.request;
  auto& streams = waiting(request)->others.streams;
  if (std::erase(streams, stream) > 0 && request->streamed && streams.empty())
    cancel(id);
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
  auto entry = waiting(request);
  auto ended = std::move(*entry);
  line.erase(entry);
  end_waiting(ended, {});
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
  if (std::exchange(ahead, nullptr))
    return;   // it begins in that slot
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
  if (request == ahead)
    ahead = nullptr;
  else if (released)
    --uploading;
  else
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
    if (ahead)
      self->send(workers[0], atom::cancel_v, ahead);
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
  if (!draining || running > 0 || ahead || uploading > 0 || !couriers.empty() || workers_to_go > 0)
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
                                   router_makers make, uint64_t max_queue, result_ring::limits keep) {
  self->state.ring = result_ring{keep};
  auto& state = self->state;
  state.health = std::move(health);
  state.make = std::move(make);
  state.max_queue = max_queue;
  state.workers.push_back(state.make.worker(self, 0, nullptr));
  self->send(state.workers[0], atom::start_v);
  self->set_down_handler([self](const caf::down_msg& down) {
    std::erase_if(self->state.couriers, [&](auto& courier) { return courier == down.source; });
    self->state.finish_when_empty();
  });
  self->set_exit_handler([self](const caf::exit_msg& exit) {
    for (auto& entry : self->state.line)
      entry.promise.deliver(make_error(errc::draining));
    for (auto& promise : self->state.drained)
      promise.deliver(caf::unit);
    for (auto& worker : self->state.workers)
      self->send_exit(worker, exit.reason);
    for (auto& courier : self->state.couriers)
      self->send_exit(courier, exit.reason);
    self->quit(exit.reason);
  });
  return {
    [self](atom::run, const request_ptr& request, const follower_actor& stream) {
      return self->state.run(request, stream);
    },
    [self](atom::rerun, const request_ptr& request, const companions& others) {
      return self->state.rerun(request, others);
    },
    [self](atom::attach, const std::string& id, const follower_actor& stream) {
      return self->state.attach(id, stream);
    },
    [self](atom::detach, const std::string& id, const follower_actor& stream) { self->state.detach(id, stream); },
    [self](atom::find, const std::string& id) { return self->state.find(id); },
    [self](atom::find) { return self->state.ring.list(); },
    [self](atom::cancel, const request_ptr& request) { self->state.leave(request); },
    [self](atom::cancel, const std::string& id) { return self->state.cancel(id); },
    [self](atom::document) { return self->state.model ? self->state.model->document : nullptr; },
    [self](atom::metrics) { return self->state.metrics_text(); },
    [self](atom::check) { return self->delegate(self->state.health, atom::check_v, self->state.free_slots()); },
    [self](atom::describe, const description_ptr& model) { self->state.describe(model); },
    [self](atom::report, const worker_report& report) { self->state.take(report); },
    [self](atom::release, uint64_t worker, const request_ptr& request) { self->state.release(worker, request); },
    [self](atom::retire, uint64_t worker, const request_ptr& request, const snapshot_ptr& result) {
      self->state.retire(worker, request, result);
    },
    [self](atom::drain, bool cancel_running) { return self->state.drain(cancel_running); },
  };
}

}   // namespace cog
