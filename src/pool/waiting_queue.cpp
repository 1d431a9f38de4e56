#include "pool/waiting_queue.hpp"
#include <algorithm>

namespace cog {

std::string_view waiting_queue::key_of(const newcomer& who) const {
  if (!rules_.takes_turns || who.key.size() > longest_key)
    return {};
  auto& lanes = lines_[who.low ? 1 : 0].by_key;
  return lanes.size() < most_keys || lanes.contains(who.key) ? who.key : std::string_view{};
}

waiting_queue::room waiting_queue::room_for(const newcomer& who, uint64_t elsewhere) const {
  auto taken = size() + elsewhere;
  if (taken >= rules_.places)
    return room::full;
  if (!rules_.takes_turns)
    return room::there;
  uint64_t own = 0;
  auto key = key_of(who);
  for (auto& line : lines_)
    if (auto found = line.by_key.find(key); found != line.by_key.end())
      own += found->second->tickets.size();
  return own < rules_.places - taken ? room::there : room::full_for_key;
}

void waiting_queue::sit(ticket who, seat& taken, std::string_view key, bool first) {
  auto& line = lines_[taken.low ? 1 : 0];
  auto found = line.by_key.find(key);
  if (found == line.by_key.end()) {
    auto made = line.lanes.insert(line.lanes.end(), lane{std::string{key}, {}});
    found = line.by_key.emplace(made->key, made).first;
  }
  taken.lane = found->second;
  auto& tickets = taken.lane->tickets;
  taken.place = tickets.insert(first ? tickets.begin() : tickets.end(), who);
  ++line.size;
}

waiting_queue::ticket waiting_queue::add(const newcomer& who, bool first) {
  seat taken;
  taken.low = who.low;
  taken.parked = who.parked;
  ++last_;
  if (who.parked) {
    taken.parking = parked_.insert(parked_.end(), {last_, std::string{key_of(who)}});
    ++parked_of_[who.low ? 1 : 0];
  } else {
    sit(last_, taken, key_of(who), first);
  }
  if (who.due != clock::time_point::max()) {
    taken.leaves = true;
    taken.due = dues_.emplace(who.due, last_);
  }
  seats_.emplace(last_, taken);
  return last_;
}

void waiting_queue::unpark(ticket who) {
  auto& taken = seats_.at(who);
  auto key = std::move(taken.parking->key);
  parked_.erase(taken.parking);
  --parked_of_[taken.low ? 1 : 0];
  taken.parked = false;
  sit(who, taken, key, false);
}

void waiting_queue::remove(ticket who) {
  auto found = seats_.find(who);
  auto& left = found->second;
  auto& line = lines_[left.low ? 1 : 0];
  if (left.parked) {
    parked_.erase(left.parking);
    --parked_of_[left.low ? 1 : 0];
  } else {
    left.lane->tickets.erase(left.place);
    if (left.lane->tickets.empty()) {
      line.by_key.erase(left.lane->key);
      line.lanes.erase(left.lane);
    }
    --line.size;
  }
  if (left.leaves)
    dues_.erase(left.due);
  seats_.erase(found);
}

bool waiting_queue::is_next_low(uint64_t normals, uint64_t lows, uint64_t starts) const {
  return lows > 0 && (normals == 0 || starts + 1 >= share_of_low);
}

waiting_queue::ticket waiting_queue::next() const {
  if (ready() == 0)
    return 0;
  auto low = is_next_low(lines_[0].size, lines_[1].size, starts_);
  return lines_[low ? 1 : 0].lanes.front().tickets.front();
}

waiting_queue::ticket waiting_queue::take_next() {
  auto low = is_next_low(lines_[0].size, lines_[1].size, starts_);
  auto& lanes = lines_[low ? 1 : 0].lanes;
  if (low)
    starts_ = 0;
  else if (lines_[1].size > 0)
    ++starts_;
  auto who = lanes.front().tickets.front();
  bool others = lanes.front().tickets.size() > 1;
  remove(who);
  if (others)
    lanes.splice(lanes.end(), lanes, lanes.begin());
  return who;
}

uint64_t waiting_queue::position(ticket who) const {
  if (!seats_.contains(who))
    return 0;
  uint64_t position = 0;
  walk([&](ticket other) {
    ++position;
    return other != who;
  });
  if (seats_.at(who).parked)
    for (auto& other : parked_) {
      ++position;
      if (other.who == who)
        break;
    }
  return position;
}

std::vector<waiting_queue::ticket> waiting_queue::in_order() const {
  std::vector<ticket> all;
  all.reserve(size());
  walk([&](ticket who) {
    all.push_back(who);
    return true;
  });
  for (auto& other : parked_)
    all.push_back(other.who);
  return all;
}

uint64_t waiting_queue::before(const newcomer& who) const {
  auto& line = lines_[who.low ? 1 : 0];
  auto others = line.size;
  if (line.lanes.size() > 1 || (line.lanes.size() == 1 && rules_.takes_turns)) {
    auto found = line.by_key.find(key_of(who));
    uint64_t own = found == line.by_key.end() ? 0 : found->second->tickets.size();
    others = own;
    for (auto& lane : line.lanes)
      if (found == line.by_key.end() || &lane != &*found->second)
        others += std::min<uint64_t>(lane.tickets.size(), own + 1);
  }
  bool shares = who.low && lines_[0].size > 0;
  return shares ? share_of_low * (others + 1) - 1 : others;
}

waiting_queue::clock::time_point waiting_queue::first_due() const {
  return dues_.empty() ? clock::time_point::max() : dues_.begin()->first;
}

std::vector<waiting_queue::ticket> waiting_queue::due_by(clock::time_point now) const {
  std::vector<ticket> over;
  for (auto entry = dues_.begin(); entry != dues_.end() && entry->first <= now; ++entry)
    over.push_back(entry->second);
  return over;
}

}   // namespace cog
