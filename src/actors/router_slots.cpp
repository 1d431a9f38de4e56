#include "actors/router.hpp"

// Who gets a slot.

namespace cog {

namespace {

/// Predictions: so many results may come in one read. One is enough where a prediction takes longer than a hand-over;
/// whoever cancels what is ahead then waits for a model that holds the GIL no longer than he did before.
constexpr size_t most_ahead = 8;

bool answered_when_accepted(const prediction_request& request, const prediction_links& links) {
  return request.respond_async || !links.streams.empty();
}

}   // namespace

uint64_t router_state::take_slot(const request_ptr& request) {
  auto worker = idle.take();
  ++running;
  in_flight[request->known_as()] = {.request = request, .worker = worker, .begun = request->created};
  return worker;
}

/// It was accepted, so it waits for a worker, before all others, as long as there may be one. Whoever still waits for its
/// answer gets the one at its end.
caf::result<snapshot_ptr> router_state::rerun(const request_ptr& request, const prediction_links& links) {
  if (stopping || (is_broken() && !holds())) {
    waiting_prediction entry;
    entry.request = request;
    entry.links = links;
    entry.promise = self->make_response_promise<snapshot_ptr>();
    end_waiting(entry, refusal());
    return entry.promise;
  }
  if (slots_to_give() == 0 || !queue.empty() || gathering) {
    auto answer = enlist(request, links, true, false);
    serve_queue();
    return answer;
  }
  return self->delegate(workers[take_slot(request)], atom::run_v, request, links);
}

caf::result<snapshot_ptr> router_state::accept(const request_ptr& request, const prediction_links& links) {
  if (gathering) {
    auto answer = enlist(request, links, false, answered_when_accepted(*request, links));
    close_batches();
    return answer;
  }
  if (queue.empty() && free_slots() > 0) {
    auto& worker = workers[take_slot(request)];
    if (!answered_when_accepted(*request, links))
      return self->delegate(worker, atom::run_v, request, links);
    caf::anon_send(worker, atom::run_v, request, links);
    return snapshot_ptr{make_snapshot(*request, prediction_status::starting)};
  }
  if (queue.empty() && takes_ahead(request, links)) {
    ahead.push_back(request);
    in_flight[request->known_as()] = {.request = request};
    return self->delegate(workers[0], atom::run_v, request, links);
  }
  return enlist(request, links, false, answered_when_accepted(*request, links));
}

/// The only worker of a synchronous model gets the next plain predictions while it runs one, so that it need not wait
/// for them. With several workers they could have to wait there while another is idle.
bool router_state::takes_ahead(const request_ptr& request, const prediction_links& links) const {
  return ahead.size() < (is_quick ? most_ahead : 1) && !draining && !holding && running == 1 && workers.size() == 1 &&
    !model->async && pool.workers[0].phase == worker_phase::ready && !links.input_files && !links.courier &&
    !answered_when_accepted(*request, links);
}

void router_state::free_slot(uint64_t worker) {
  if (gathering)
    return;   // the batch has it
  if (!ahead.empty())
    return ahead.pop_front();   // it begins in that slot
  --running;
  idle.give_back(worker);
}

void router_state::serve_queue() {
  if (gathering)
    return close_batches();
  while (queue.ready() > 0) {
    bool slot = slots_to_give() > 0;
    auto& next = waiting.at(queue.next());
    if (!slot && !takes_ahead(next.request, next.links))
      return;
    auto node = waiting.extract(queue.take_next());
    auto& entry = node.mapped();
    auto now = self->clock().now();
    if (entry.request->has_deadline() &&
        !forecast.is_worth_a_start(real_seconds{entry.request->deadline - now}.count())) {
      end_late(entry, now);
      continue;
    }
    queue_counts.count_start(entry.request->low, real_seconds{now - entry.since}.count());
    if (!slot) {
      ahead.push_back(entry.request);
      in_flight[entry.request->known_as()] = {.request = entry.request};
    }
    auto& worker = slot ? workers[take_slot(entry.request)] : workers[0];
    if (entry.promise.pending())
      entry.promise.delegate(worker, atom::run_v, entry.request, entry.links);
    else
      caf::anon_send(worker, atom::run_v, entry.request, entry.links);
  }
}

}   // namespace cog
