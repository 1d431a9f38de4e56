#include "actors/prediction_log.hpp"
#include "actors/router.hpp"
#include "prediction/shown_input.hpp"
#include <algorithm>

// Who gets a slot, and who waits for one.

namespace cog {

namespace {

/// Predictions: so many results may come in one read. One is enough where a prediction takes longer than a hand-over;
/// whoever cancels what is ahead then waits for a model that holds the GIL no longer than he did before.
constexpr size_t most_ahead = 8;

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
    ahead.push_back(request);
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

/// The only worker of a synchronous model gets the next plain predictions while it runs one, so that it need not wait
/// for them. With several workers they could have to wait there while another is idle.
bool router_state::takes_ahead(const request_ptr& request, const companions& others) const {
  return ahead.size() < (is_quick ? most_ahead : 1) && !draining && running == 1 && workers.size() == 1 &&
    !model->async && pool.workers[0].phase == worker_phase::ready && !others.inputs && !others.courier &&
    !answered_when_accepted(*request, others);
}

uint64_t router_state::waiting_count() const {
  return line.size() + ahead.size();
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
    ahead.push_back(entry.request);
    in_flight[entry.request->id] = {.request = entry.request};
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

}   // namespace cog
