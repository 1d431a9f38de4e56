#include "actors/router.hpp"
#include "prediction/pool_plan.hpp"
#include <algorithm>

namespace cog {

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
