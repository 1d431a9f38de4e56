#include "actors/router.hpp"
#include "prediction/duration.hpp"

// What those who wait are told meanwhile, and when they have waited long enough.

namespace cog {

namespace {

constexpr std::chrono::seconds telling_pause{1};   // between two places of one prediction

}   // namespace

/// There will be a tick at that moment.
void router_state::watch(clock::time_point moment) {
  if (moment >= next_tick)
    return;
  next_tick = moment;
  auto pause = std::max(moment - self->clock().now(), clock::duration::zero());
  self->delayed_send(self, std::chrono::duration_cast<std::chrono::nanoseconds>(pause), atom::tick_v);
}

void router_state::on_tick() {
  auto now = self->clock().now();
  next_tick = clock::time_point::max();
  for (auto ticket : queue.due_by(now)) {
    auto entry = leave_queue(ticket);
    end_late(entry, now);
  }
  if (now >= next_telling)
    tell_places(now);
  watch(queue.first_due());
  watch(next_telling);
  finish_when_empty();
}

void router_state::tell_place(waiting_prediction& entry, const queue_place& place,
                              const std::vector<follower_actor>& followers) {
  prediction_event queued;
  queued.what = prediction_event::kind::queued;
  queued.place = place;
  auto event = std::make_shared<const prediction_event>(std::move(queued));
  for (auto& follower : followers)
    self->send(follower, atom::event_v, event);
  auto now = self->clock().now();
  if (followers.size() == entry.links.streams.size()) {
    entry.told = place;
    entry.told_at = now;
  }
  if (next_telling == clock::time_point::max())
    watch(next_telling = now + telling_pause);
}

/// To those whose position has changed since they were told, each at most once in a pause.
void router_state::tell_places(clock::time_point now) {
  next_telling = clock::time_point::max();
  auto position = ahead.size();
  for (auto ticket : queue.in_order()) {
    ++position;
    auto& entry = waiting.at(ticket);
    if (entry.links.streams.empty())
      continue;
    if (position != entry.told.position && entry.told_at + telling_pause <= now)
      tell_place(entry, place_at(position), entry.links.streams);
    auto again = position == entry.told.position ? now : entry.told_at;
    next_telling = std::min(next_telling, again + telling_pause);
  }
}

/// The time of one that has not begun is over, or would be before it could end.
void router_state::end_late(waiting_prediction& entry, clock::time_point now) {
  auto& request = *entry.request;
  auto limit = duration_text(request.time_limit);
  auto why = "Deadline of " + limit + " would have passed while it ran";
  auto reason = shed_reason::expired;
  if (request.deadline <= now) {
    why = "Deadline of " + limit + " passed before it ran";
  } else if (rules.longest.count() > 0 && now - entry.since >= rules.longest) {
    why = "Waited longer than " + duration_text(rules.longest) + " in the queue";
    reason = shed_reason::queue_time;
  }
  queue_counts.count(reason);
  auto answer = std::make_shared<prediction_snapshot>(*conclude(entry, prediction_status::canceled, std::move(why)));
  answer->too_late = true;
  entry.promise.deliver(snapshot_ptr{std::move(answer)});
}

}   // namespace cog
