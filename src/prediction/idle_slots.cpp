#include "prediction/idle_slots.hpp"
#include <algorithm>

namespace cog {

idle_slots::entry& idle_slots::entry_of(uint64_t worker) {
  if (worker >= workers_.size())
    workers_.resize(worker + 1);
  return workers_[worker];
}

void idle_slots::add(uint64_t worker, uint64_t slots, const std::vector<std::string>& devices) {
  remove(worker);
  auto& added = entry_of(worker);
  added.live = true;
  added.free = slots;
  count_ += slots;
  added.idle_since = ++ticks_;
  added.devices.clear();
  auto names = devices.empty() ? std::vector{"worker " + std::to_string(worker)} : devices;
  for (auto& name : names) {
    auto place = places_.emplace(name, devices_.size());
    if (place.second)
      devices_.push_back({0, ++ticks_});
    added.devices.push_back(place.first->second);
  }
}

void idle_slots::remove(uint64_t worker) {
  auto& removed = entry_of(worker);
  removed.live = false;
  count_ -= removed.free;
  removed.free = 0;
}

/// The lowest is next: predictions on the busiest of its devices, when the last of these was used, when it was itself.
idle_slots::rank idle_slots::rank_of(const entry& worker) const {
  device busiest;
  for (auto place : worker.devices) {
    busiest.running = std::max(busiest.running, devices_[place].running);
    busiest.idle_since = std::max(busiest.idle_since, devices_[place].idle_since);
  }
  return {busiest.running, busiest.idle_since, worker.idle_since};
}

uint64_t idle_slots::take() {
  auto best = workers_.size();
  rank best_rank;
  for (uint64_t worker = 0; worker < workers_.size(); ++worker) {
    if (workers_[worker].free == 0)
      continue;
    auto rank = rank_of(workers_[worker]);
    if (best == workers_.size() || rank < best_rank) {
      best = worker;
      best_rank = rank;
    }
  }
  --workers_[best].free;
  --count_;
  for (auto place : workers_[best].devices)
    ++devices_[place].running;
  return best;
}

void idle_slots::give_back(uint64_t worker) {
  auto& giving = entry_of(worker);
  giving.idle_since = ++ticks_;
  for (auto place : giving.devices) {
    --devices_[place].running;
    devices_[place].idle_since = ticks_;
  }
  if (giving.live) {
    ++giving.free;
    ++count_;
  }
}

}   // namespace cog
