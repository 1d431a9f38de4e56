#include "actors/router.hpp"
#include "pool/pool_plan.hpp"
#include <algorithm>

namespace cog {

namespace {

refusal_reason reason_of(errc code) {
  if (code == errc::draining)
    return refusal_reason::draining;
  if (code == errc::owner_limit)
    return refusal_reason::limit;
  bool ready = code != errc::not_ready && code != errc::setup_failed && code != errc::defunct;
  return ready ? refusal_reason::capacity : refusal_reason::not_ready;
}

}   // namespace

uint64_t router_state::free_slots() const {
  if (draining)
    return 0;
  if (!gathering || stopping || holding)
    return slots_to_give();
  auto most = model->predictions_in(slots_to_give()) + batch_places();
  return std::min(most - std::min(most, queue.size()), batch_places());
}

/// What waits goes on when the server accepts nothing more.
uint64_t router_state::slots_to_give() const {
  return stopping || holding || running >= capacity ? 0 : std::min(idle.count(), capacity - running);
}

std::string router_state::metrics_text() const {
  auto slots = model ? model->predictions_in(live_capacity(*model, pool)) : 0;
  return metrics.text(pool,
                      {.status = pool.shown(free_slots()),
                       .slots = slots,
                       .free_slots = free_slots(),
                       .running = gathering ? in_flight.size() - queue.size() : running,
                       .waiting = waiting_count(),
                       .couriers = couriers.size(),
                       .kept = ring.size()}) +
    queue_counts.text(queue, times) + (gathering ? batch_counts.text() : std::string{});
}

/// Why nothing can run here, now or later; none while workers are ready or on their way back.
caf::error router_state::refusal() const {
  if (draining)
    return make_error(errc::draining);
  if (holds())
    return {};
  switch (pool.shown(1)) {
    case health_status::ready:
    case health_status::busy:
      return {};
    case health_status::setup_failed:
      return make_error(errc::setup_failed,
                        "Setup failed: " + pool.last_cause + (pool.last_cause.ends_with('.') ? "" : ".") +
                          " GET /health-check shows its log.");
    case health_status::defunct:
      return make_error(errc::defunct, to_string(errc::defunct) + ": " + pool.last_cause);
    case health_status::unknown:
    case health_status::starting:
    case health_status::unhealthy:
      break;
  }
  return pool.settled ? caf::error{} : make_error(errc::not_ready);
}

/// Why this one is not taken.
caf::error router_state::refuse(const prediction_request& request) {
  auto error = refusal();
  if (!error)
    error = refuse_owner(request);
  if (!error && holds())
    return {};
  if (!error && (free_slots() == 0 || gathering))
    error = refuse_place(request, pool.live() > 0 ? errc::at_capacity : errc::not_ready);
  else if (!error && request.has_deadline())
    error = refuse_slow(request, outlook({}));
  if (error) {
    metrics.count_refusal(reason_of(code_of(error)));
    history.window.count_refusal(pool_history::clock::now());
  }
  return error;
}

prediction_links router_state::companions_for(const request_ptr& request, const follower_actor& stream) {
  prediction_links links;
  if (!request->files.empty())
    links.input_files = make.input_files(request);
  if (!request->webhook.empty()) {
    links.courier = make.courier(request);
    self->monitor(links.courier);
    couriers.push_back(links.courier);
  }
  if (stream)
    links.streams.push_back(stream);
  return links;
}

caf::result<snapshot_ptr> router_state::run(const request_ptr& request, const follower_actor& stream) {
  if (in_flight.contains(request->known_as()))
    return join(request, stream);
  if (stream && !request->any_model && !streams()) {
    auto error = refusal();
    return error ? error : make_error(errc::not_streaming);
  }
  if (request->put)
    if (auto* kept = ring.find(request->known_as()); kept != nullptr && kept->asked.matches(*request))
      return kept->result;
  if (!request->errors.empty())
    return make_error(errc::invalid_input);
  if (auto error = refuse(*request))
    return error;
  if (request->source != serving())
    if (auto error = check_again(*request))
      return error;
  return accept(request, companions_for(request, stream));
}

/// Of one that asks before it sends its body. What is in flight or kept may be its answer.
caf::result<bool> router_state::admit(const prediction_request& request) {
  bool known = in_flight.contains(request.id) || ring.find(request.id) != nullptr;
  if (request.put && known)
    return true;
  if (auto error = refuse(request))
    return error;
  return true;
}

/// For an id that is in flight. One that has ended before its worker is asked, and is not kept, runs again.
caf::result<snapshot_ptr> router_state::join(const request_ptr& request, const follower_actor& stream) {
  if (!request->put)
    return make_error(errc::id_in_flight);
  if (stream && !streams())
    return make_error(errc::not_streaming);
  auto& entry = in_flight.at(request->known_as());
  if (entry.ticket != 0)
    return stream ? attach(request->known_as(), stream) : find(request->known_as());
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
    self->request(worker, caf::infinite, atom::attach_v, request->known_as(), stream).then(answer, refuse);
  else
    self->request(worker, caf::infinite, atom::find_v, request->known_as()).then(answer, refuse);
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
  if (entry.ticket == 0)
    return self->delegate(workers[entry.worker], atom::attach_v, id, stream);
  auto& joined = waiting.at(entry.ticket);
  if (joined.links.streams.size() >= most_followers)
    return make_error(errc::too_many_followers);
  joined.links.streams.push_back(stream);
  auto place = place_of(entry.ticket);
  tell_place(joined, place, {stream});
  return describe_waiting(*entry.request, place);
}

caf::result<snapshot_ptr> router_state::watch(const std::string& id, const follower_actor& watcher) {
  auto found = in_flight.find(id);
  if (found == in_flight.end())
    return find(id);
  auto& entry = found->second;
  if (entry.ticket == 0)
    return self->delegate(workers[entry.worker], atom::watch_v, id, watcher);
  auto& links = waiting.at(entry.ticket).links;
  if (links.streams.size() >= most_followers)
    return make_error(errc::too_many_followers);
  links.streams.push_back(watcher);
  links.watchers.push_back(watcher);
  return describe_waiting(*entry.request, place_of(entry.ticket));
}

caf::result<snapshot_ptr> router_state::find(const std::string& id) const {
  if (auto found = in_flight.find(id); found != in_flight.end()) {
    auto& entry = found->second;
    if (entry.ticket != 0)
      return describe_waiting(*entry.request, place_of(entry.ticket));
    if (auto place = place_ahead(*entry.request); place.position > 0)
      return describe_waiting(*entry.request, place);
    return self->delegate(workers[entry.worker], atom::find_v, id);
  }
  if (auto* kept = ring.find(id))
    return kept->result;
  return make_error(errc::not_found);
}

void router_state::detach(const std::string& id, const follower_actor& stream) {
  auto found = in_flight.find(id);
  if (found == in_flight.end())
    return;
  auto& entry = found->second;
  if (entry.ticket == 0)
    return self->send(workers[entry.worker], atom::detach_v, id, stream);
  auto& links = waiting.at(entry.ticket).links;
  bool watched = std::erase(links.watchers, stream) > 0;
  bool heard = std::erase(links.streams, stream) > 0;
  if (heard && !watched && entry.request->streamed && links.streams.size() == links.watchers.size())
    cancel(id);
}

void router_state::leave(const request_ptr& request) {
  auto found = in_flight.find(request->known_as());
  if (found != in_flight.end() && found->second.request == request)
    cancel(request->known_as());
}

bool router_state::cancel(const std::string& id) {
  auto found = in_flight.find(id);
  if (found == in_flight.end()) {
    auto* kept = ring.find(id);   // a second cancel is no error
    return kept && kept->result->status == prediction_status::canceled;
  }
  auto& entry = found->second;
  if (entry.ticket == 0) {
    self->send(workers[entry.worker], atom::cancel_v, entry.request);
    return true;
  }
  auto ended = leave_queue(entry.ticket);
  end_waiting(ended, {});
  return true;
}

router_actor::behavior_type router(router_actor::stateful_pointer<router_state> self, health_actor health,
                                   router_makers make, const queue_rules& rules, result_ring::limits keep) {
  self->state.ring = result_ring{keep};
  auto& state = self->state;
  state.health = std::move(health);
  state.make = std::move(make);
  state.rules = rules;
  state.queue = waiting_queue{rules};
  state.workers.push_back(state.make.worker(self, {}));
  self->send(state.workers[0], atom::start_v);
  self->set_down_handler([self](const caf::down_msg& down) {
    std::erase_if(self->state.couriers, [&](auto& courier) { return courier == down.source; });
    self->state.finish_when_empty();
  });
  self->set_exit_handler([self](const caf::exit_msg& exit) {
    for (auto& [ticket, entry] : self->state.waiting)
      entry.promise.deliver(make_error(errc::draining));
    for (auto& promise : self->state.drained)
      promise.deliver(caf::unit);
    self->state.forget_next();
    for (auto* all : {&self->state.workers, &self->state.leaving})
      for (auto& worker : *all)
        self->send_exit(worker, exit.reason);
    for (auto& courier : self->state.couriers)
      self->send_exit(courier, exit.reason);
    self->quit(exit.reason);
  });
  return {
    [self](atom::run, const request_ptr& request, const follower_actor& stream) {
      return self->state.run(request, stream);
    },
    [self](atom::check, const request_ptr& request) { return self->state.admit(*request); },
    [self](atom::rerun, const request_ptr& request, const prediction_links& links) {
      return self->state.rerun(request, links);
    },
    [self](atom::attach, const std::string& id, const follower_actor& stream) {
      return self->state.attach(self->state.resolve(id), stream);
    },
    [self](atom::watch, const std::string& id, const follower_actor& watcher) {
      return self->state.watch(self->state.resolve(id), watcher);
    },
    [self](atom::detach, const std::string& id, const follower_actor& stream) {
      self->state.detach(self->state.resolve(id), stream);
    },
    [self](atom::find, const std::string& id) { return self->state.find(self->state.resolve(id)); },
    [self](atom::find) { return self->state.ring.list(); },
    [self](atom::cancel, const request_ptr& request) { self->state.leave(request); },
    [self](atom::cancel, const std::string& id) { return self->state.cancel(self->state.resolve(id)); },
    [self](atom::document) { return self->state.model ? self->state.model->document : nullptr; },
    [self](atom::report) { return self->state.report(); },
    [self](atom::metrics) { return self->state.metrics_text(); },
    [self](atom::check) { return self->state.check(); },
    [self](atom::describe, const description_ptr& model) { self->state.describe(model); },
    [self](atom::report, const worker_report& report) { self->state.take(report); },
    [self](atom::reload, const source_ptr& changed) { self->state.reload(changed); },
    [self](atom::tick, uint64_t version) { self->state.end_patience(version); },
    [self](atom::release, uint64_t worker, const request_ptr& request) { self->state.release(worker, request); },
    [self](atom::retire, uint64_t worker, const request_ptr& request, const snapshot_ptr& result) {
      self->state.retire(worker, request, result);
    },
    [self](atom::batch) { self->state.look_at_batch(); },
    [self](atom::batch, uint64_t worker, uint64_t number, double took) { self->state.end_batch(worker, number, took); },
    [self](atom::drain, bool cancel_running) { return self->state.drain(cancel_running); },
    [self](atom::tick) { self->state.on_tick(); },
  };
}

}   // namespace cog
