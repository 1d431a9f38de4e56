#include "actors/prediction_log.hpp"
#include "actors/router.hpp"
#include "pool/pool_plan.hpp"
#include "prediction/duration.hpp"
#include "prediction/visible_input.hpp"
#include <cmath>

// Who waits for a slot, and for how long.

namespace cog {

namespace {

waiting_queue::newcomer newcomer_of(const prediction_request& request) {
  return {.low = request.low, .key = request.fair_key};
}

}   // namespace

uint64_t router_state::waiting_count() const {
  return queue.size() + ahead.size();
}

/// What somebody finds who comes now.
queue_outlook router_state::outlook(const waiting_queue::newcomer& who) const {
  auto slots = model ? live_capacity(*model, pool) : 0;
  return {.before = batches_before(ahead.size() + queue.before(who)),
          .slots = slots > 0 ? slots : capacity,
          .is_free = slots_to_give() > 0 && !draining,
          .is_idle = running == 0,
          .shares = !who.low && queue.count(true) > 0,
          .restart = slots > 0 ? 0 : restarts.mean()};
}

/// Why one that finds no free slot gets no place either; `full` if there is none.
caf::error router_state::refuse_place(const prediction_request& request, errc full) {
  auto who = newcomer_of(request);
  auto found = outlook(who);
  switch (queue.room_for(who, ahead.size())) {
    case waiting_queue::room::there:
      return request.has_deadline() ? refuse_slow(request, found) : caf::error{};
    case waiting_queue::room::full:
      queue_counts.count(shed_reason::full);
      break;
    case waiting_queue::room::full_for_key:
      queue_counts.count(shed_reason::key);
      break;
  }
  return make_error(full, to_string(full), forecast.retry_after(found));
}

/// Why one with a deadline need not try.
caf::error router_state::refuse_slow(const prediction_request& request, const queue_outlook& found) {
  auto left = real_seconds{request.deadline - self->clock().now()};
  auto expected = forecast.too_long(found, left.count());
  if (!expected)
    return {};
  queue_counts.count(shed_reason::forecast);
  auto text = "Cannot be answered within " + duration_text(request.time_limit) + ": about " +
    duration_text(real_seconds{*expected}) + " expected";
  return make_error(errc::too_slow, std::move(text), forecast.retry_after(found));
}

caf::result<snapshot_ptr> router_state::enlist(const request_ptr& request, const prediction_links& links, bool first,
                                               bool answered_now) {
  auto now = self->clock().now();
  auto who = newcomer_of(*request);
  who.due = request->deadline;
  who.parked = gathering && links.input_files;
  if (rules.longest.count() > 0)
    who.due = std::min(who.due, now + std::chrono::duration_cast<clock::duration>(rules.longest));
  auto ticket = first ? queue.add_first(who) : queue.add(who);
  in_flight[request->known_as()] = {.request = request, .ticket = ticket};
  auto& entry = waiting[ticket];
  entry.request = request;
  entry.links = links;
  entry.since = now;
  watch(who.due);
  if (gathering)
    entry.batch_key = batch_key(*request, model->batch.keys);
  entry.preparing = who.parked;
  if (who.parked)
    prepare(ticket);
  else
    become_ready(entry);
  if (!links.streams.empty())
    tell_place(entry, place_of(ticket), links.streams);
  if (answered_now)
    return snapshot_ptr{make_snapshot(*request, prediction_status::starting)};
  entry.promise = self->make_response_promise<snapshot_ptr>();
  return entry.promise;
}

queue_place router_state::place_at(uint64_t position) const {
  auto found = outlook({});
  found.before = batches_before(position - 1);
  found.is_free = false;
  found.shares = false;   // those before it are known
  queue_place place{position, {}};
  if (auto wait = forecast.wait(found))
    place.wait_ms = static_cast<uint64_t>(std::llround(*wait * 1e3));
  return place;
}

queue_place router_state::place_of(waiting_queue::ticket ticket) const {
  return place_at(ahead.size() + queue.position(ticket));
}

/// Of one that was sent ahead; position 0 if it was not.
queue_place router_state::place_ahead(const prediction_request& request) const {
  for (size_t i = 0; i < ahead.size(); ++i)
    if (ahead[i].get() == &request)
      return place_at(i + 1);
  return {};
}

std::shared_ptr<prediction_snapshot> router_state::make_snapshot(const prediction_request& request,
                                                                 prediction_status status) {
  auto result = std::make_shared<prediction_snapshot>();
  result->id = request.id;
  result->owned_id = request.owned_id;
  result->status = status;
  result->created = request.created;
  if (request.has_deadline())
    result->deadline = request.deadline_time();
  return result;
}

snapshot_ptr router_state::describe_waiting(const prediction_request& request, const queue_place& place) const {
  auto state = make_snapshot(request, prediction_status::starting);
  state->input = shared_visible_input(request, model ? model->document.get() : nullptr);
  state->queue = place;
  return state;
}

router_state::waiting_prediction router_state::leave_queue(waiting_queue::ticket ticket) {
  queue.remove(ticket);
  auto entry = std::move(waiting.extract(ticket).mapped());
  if (!entry.preparing)
    count_ready(entry, false);
  return entry;
}

void router_state::empty_queue(const caf::error& reason, const std::string& why_canceled) {
  for (auto ticket : queue.in_order()) {
    auto entry = leave_queue(ticket);
    end_waiting(entry, reason, why_canceled);
  }
}

/// Without a reason it is `canceled`, with `why_canceled` as its error text if there is one; else it fails, and who waits
/// for an answer gets the error itself.
void router_state::end_waiting(waiting_prediction& entry, const caf::error& reason, const std::string& why_canceled) {
  auto status = reason ? prediction_status::failed : prediction_status::canceled;
  auto result = conclude(entry, status, reason ? text_of(reason) : why_canceled);
  if (reason)
    entry.promise.deliver(reason);
  else
    entry.promise.deliver(std::move(result));
}

/// Its end, told to all but to whoever waits for the answer.
snapshot_ptr router_state::conclude(waiting_prediction& entry, prediction_status status, std::string error) {
  if (entry.links.input_files)
    self->send_exit(entry.links.input_files, caf::exit_reason::user_shutdown);
  in_flight.erase(entry.request->known_as());
  auto result = make_snapshot(*entry.request, status);
  result->error = std::move(error);
  result->completed = std::chrono::system_clock::now();
  metrics.count(*result);
  log_end(*entry.request, *result);
  ring.add(*entry.request, result);
  prediction_event end;
  end.what = prediction_event::kind::completed;
  end.end = result;
  auto event = std::make_shared<const prediction_event>(std::move(end));
  for (auto& stream : entry.links.streams)
    self->send(stream, atom::event_v, event);
  if (entry.links.courier)
    self->send(entry.links.courier, atom::event_v, event);
  return result;
}

}   // namespace cog
