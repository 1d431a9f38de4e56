#include "actors/router.hpp"
#include <algorithm>

// Predictions that go to a worker together: all of them wait in the queue first, however short.

namespace cog {

/// The workers are those of a model, which may be another one than before: whoever waits does so by its rules.
void router_state::set_batches() {
  auto& plan = model->batch;
  gathering.reset();
  ready_by_key.clear();
  batches_in.clear();
  if (plan.size > 0)
    gathering.emplace(plan.size, batch_rule::seconds{plan.wait});
  queue.set_places(rules.places + batch_places());
  if (!gathering)
    return;
  for (auto& [ticket, entry] : waiting) {
    entry.batch_key = batch_key(*entry.request, plan.keys);
    if (!entry.preparing)
      count_ready(entry, true);
  }
}

/// One batch can gather for each worker while that runs another.
uint64_t router_state::batch_places() const {
  return gathering ? model->workers * model->batch.size : 0;
}

/// Batches of which this many predictions are ahead of one more.
uint64_t router_state::batches_before(uint64_t predictions) const {
  return gathering ? predictions / gathering->largest() : predictions;
}

/// Its files are made before it takes part: one that still downloads is overtaken, and holds nobody up.
void router_state::prepare(waiting_queue::ticket ticket) {
  auto& entry = waiting.at(ticket);
  auto files = entry.links.input_files;
  self->request(files, caf::infinite, atom::prepare_v)
    .then(
      [this, ticket, files](const prepared_ptr& input) {
        auto found = waiting.find(ticket);
        if (found == waiting.end())
          return;
        found->second.links.input_files = nullptr;
        found->second.links.prepared = input;
        queue.unpark(ticket);
        become_ready(found->second);
        serve_queue();
      },
      [this, ticket](const caf::error& error) {
        if (!waiting.contains(ticket))
          return;
        auto entry = leave_queue(ticket);
        entry.promise.deliver(conclude(entry, prediction_status::failed, "Input validation error: " + text_of(error)));
        finish_when_empty();
      });
}

void router_state::become_ready(waiting_prediction& entry) {
  entry.preparing = false;
  if (!gathering)
    return;
  entry.waited = slots_to_give() == 0 || queue.ready() > 1;
  count_ready(entry, true);
  gathering->arrived(entry.batch_key, self->clock().now());
}

void router_state::count_ready(const waiting_prediction& entry, bool more) {
  if (!gathering || model->batch.keys.empty())
    return;
  if (more)
    ++ready_by_key[entry.batch_key];
  else if (--ready_by_key[entry.batch_key] == 0)
    ready_by_key.erase(entry.batch_key);
}

uint64_t router_state::gathered(const waiting_prediction& opener) const {
  auto all = model->batch.keys.empty() ? queue.ready() : ready_by_key.at(opener.batch_key);
  return std::min(all, gathering->largest());
}

void router_state::close_batches() {
  while (slots_to_give() > 0 && queue.ready() > 0) {
    auto& opener = waiting.at(queue.next());
    auto count = gathered(opener);
    auto now = self->clock().now();
    auto verdict = gathering->look(opener.batch_key, count, opener.waited, now);
    if (draining && !verdict.close)
      verdict.close = batch_close::drain;
    if (verdict.close) {
      send_batch(count, *verdict.close);
      continue;
    }
    if (verdict.again < next_look) {
      next_look = verdict.again;
      self->delayed_send(self, std::chrono::duration_cast<std::chrono::nanoseconds>(verdict.again - now),
                         atom::batch_v);
    }
    return;
  }
  gathering->closed();
}

void router_state::look_at_batch() {
  next_look = clock::time_point::max();
  if (gathering)
    close_batches();
}

/// Those whose turn it is, in the order of their turns; the first one opens the batch, and the others are of its key.
std::vector<router_state::waiting_prediction> router_state::take_together(uint64_t count) {
  std::vector<waiting_queue::ticket> chosen;
  chosen.reserve(count);
  if (model->batch.keys.empty() || count == queue.ready()) {
    while (chosen.size() < count)
      chosen.push_back(queue.take_next());
  } else {
    chosen.push_back(queue.take_next());
    auto& key = waiting.at(chosen.front()).batch_key;
    for (auto ticket : queue.first_of(count - 1, [&](auto other) { return waiting.at(other).batch_key == key; })) {
      queue.remove(ticket);
      chosen.push_back(ticket);
    }
  }
  std::vector<waiting_prediction> taken;
  taken.reserve(count);
  auto now = self->clock().now();
  for (auto ticket : chosen) {
    auto node = waiting.extract(ticket);
    auto& entry = node.mapped();
    count_ready(entry, false);
    bool is_late =
      entry.request->has_deadline() && !forecast.is_worth_a_start(real_seconds{entry.request->deadline - now}.count());
    if (is_late)
      end_late(entry, now);
    else
      taken.push_back(std::move(entry));
  }
  return taken;
}

void router_state::send_batch(uint64_t count, batch_close why) {
  auto now = self->clock().now();
  auto held = gathering->held(now).count();
  gathering->closed();
  auto taken = take_together(count);
  if (taken.empty())
    return;
  batch_counts.count(taken.size(), why, held);
  auto index = idle.take();
  ++running;
  batches_in[index] = ++last_batch;
  auto& worker = workers[index];
  self->send(worker, atom::batch_v, last_batch, static_cast<uint64_t>(taken.size()));
  auto begun = std::chrono::system_clock::now();
  for (auto& entry : taken) {
    in_flight[entry.request->id] = {.request = entry.request, .worker = index, .begun = begun};
    queue_counts.count_start(entry.request->low, real_seconds{now - entry.since}.count());
    if (entry.promise.pending())
      entry.promise.delegate(worker, atom::run_v, entry.request, entry.links);
    else
      caf::anon_send(worker, atom::run_v, entry.request, entry.links);
  }
}

void router_state::end_batch(uint64_t worker, uint64_t number, double took) {
  auto found = batches_in.find(worker);
  if (found == batches_in.end() || found->second != number)
    return;   // of workers that are gone
  batches_in.erase(found);
  --running;
  idle.give_back(worker);
  if (took > 0) {
    times.add(took);
    if (gathering)
      gathering->ended(batch_rule::seconds{took});
  }
  serve_queue();
  if (next)
    take_over_when_empty();
  finish_when_empty();
}

}   // namespace cog
