#include "pool/idle_slots.hpp"
#include <algorithm>

namespace cog {

idle_slots::entry& idle_slots::entry_of(uint64_t worker) {
  while (worker >= workers_.size())
    workers_.emplace_back().place = order_.end();
  return workers_[worker];
}

void idle_slots::add(uint64_t worker, uint64_t slots, const std::vector<std::string>& devices) {
  remove(worker);
  auto& added = entry_of(worker);
  added.live = true;
  added.free = slots;
  count_ += slots;
  added.has_devices = !devices.empty();
  added.idle_since = added.has_devices ? ++ticks_ : 0;
  for (auto place : added.devices)
    std::erase(devices_[place].workers, worker);
  added.devices.clear();
  auto names = devices.empty() ? std::vector{"worker " + std::to_string(worker)} : devices;
  for (auto& name : names) {
    auto place = places_.emplace(name, devices_.size());
    if (place.second)
      devices_.push_back({0, ++ticks_, {}});
    added.devices.push_back(place.first->second);
    devices_[place.first->second].workers.push_back(worker);
  }
  move(worker);
}

void idle_slots::remove(uint64_t worker) {
  auto& removed = entry_of(worker);
  removed.live = false;
  count_ -= removed.free;
  removed.free = 0;
  move(worker);
}

idle_slots::rank idle_slots::rank_of(uint64_t worker) const {
  auto& ranked = workers_[worker];
  uint64_t running = 0;
  uint64_t idle_since = 0;
  for (auto place : ranked.devices) {
    running = std::max(running, devices_[place].running);
    idle_since = std::max(idle_since, devices_[place].idle_since);
  }
  if (!ranked.has_devices)
    return {running, ~ranked.idle_since, 0, worker};
  return {running, idle_since, ranked.idle_since, worker};
}

/// Gives it the place in the order that it has now. Its node is used again: nothing is allocated.
void idle_slots::move(uint64_t worker) {
  auto& moving = workers_[worker];
  if (moving.place != order_.end())
    moving.spare = order_.extract(moving.place);
  moving.place = order_.end();
  if (moving.free == 0)
    return;
  if (moving.spare.empty()) {
    moving.place = order_.insert(rank_of(worker)).first;
    return;
  }
  moving.spare.value() = rank_of(worker);
  moving.place = order_.insert(std::move(moving.spare)).position;
}

/// Its own place too: it is a worker of its devices.
void idle_slots::move_neighbours(uint64_t worker) {
  for (auto place : workers_[worker].devices)
    for (auto neighbour : devices_[place].workers)
      move(neighbour);
}

uint64_t idle_slots::take() {
  auto worker = std::get<3>(*order_.begin());
  --workers_[worker].free;
  --count_;
  for (auto place : workers_[worker].devices)
    ++devices_[place].running;
  move_neighbours(worker);
  return worker;
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
  move_neighbours(worker);
}

}   // namespace cog
