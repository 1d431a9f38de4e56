#include "pool/waiting_queue.hpp"
#include <algorithm>
#include <deque>

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

waiting_queue::ticket waiting_queue::add(const newcomer& who, bool first) {
  auto& line = lines_[who.low ? 1 : 0];
  auto key = key_of(who);
  auto found = line.by_key.find(key);
  if (found == line.by_key.end()) {
    auto made = line.lanes.insert(line.lanes.end(), lane{std::string{key}, {}});
    found = line.by_key.emplace(made->key, made).first;
  }
  seat taken;
  taken.low = who.low;
  taken.lane = found->second;
  auto& tickets = taken.lane->tickets;
  taken.place = tickets.insert(first ? tickets.begin() : tickets.end(), ++last_);
  if (who.due != clock::time_point::max()) {
    taken.leaves = true;
    taken.due = dues_.emplace(who.due, last_);
  }
  ++line.size;
  seats_.emplace(last_, taken);
  return last_;
}

void waiting_queue::remove(ticket who) {
  auto found = seats_.find(who);
  auto& left = found->second;
  auto& line = lines_[left.low ? 1 : 0];
  left.lane->tickets.erase(left.place);
  if (left.lane->tickets.empty()) {
    line.by_key.erase(left.lane->key);
    line.lanes.erase(left.lane);
  }
  if (left.leaves)
    dues_.erase(left.due);
  --line.size;
  seats_.erase(found);
}

bool waiting_queue::is_next_low(uint64_t normals, uint64_t lows, uint64_t starts) const {
  return lows > 0 && (normals == 0 || starts + 1 >= share_of_low);
}

waiting_queue::ticket waiting_queue::next() const {
  if (empty())
    return 0;
  auto low = is_next_low(count(false), count(true), starts_);
  return lines_[low ? 1 : 0].lanes.front().tickets.front();
}

waiting_queue::ticket waiting_queue::take_next() {
  auto low = is_next_low(count(false), count(true), starts_);
  auto& lanes = lines_[low ? 1 : 0].lanes;
  if (low)
    starts_ = 0;
  else if (count(true) > 0)
    ++starts_;
  auto who = lanes.front().tickets.front();
  bool others = lanes.front().tickets.size() > 1;
  remove(who);
  if (others)
    lanes.splice(lanes.end(), lanes, lanes.begin());
  return who;
}

template <class Tell>
void waiting_queue::walk(const Tell& tell) const {
  struct cursor {
    std::list<ticket>::const_iterator at, end;
  };
  std::array<std::deque<cursor>, 2> cursors;
  std::array<uint64_t, 2> left{count(false), count(true)};
  for (size_t which = 0; which < lines_.size(); ++which)
    for (auto& lane : lines_[which].lanes)
      cursors[which].push_back({lane.tickets.begin(), lane.tickets.end()});
  for (auto starts = starts_; left[0] + left[1] > 0;) {
    size_t which = is_next_low(left[0], left[1], starts) ? 1 : 0;
    starts = which == 1 ? 0 : left[1] > 0 ? starts + 1 : starts;
    auto turn = cursors[which].front();
    cursors[which].pop_front();
    --left[which];
    if (!tell(*turn.at))
      return;
    if (++turn.at != turn.end)
      cursors[which].push_back(turn);
  }
}

uint64_t waiting_queue::position(ticket who) const {
  if (!seats_.contains(who))
    return 0;
  uint64_t position = 0;
  walk([&](ticket other) {
    ++position;
    return other != who;
  });
  return position;
}

std::vector<waiting_queue::ticket> waiting_queue::in_order() const {
  std::vector<ticket> all;
  all.reserve(size());
  walk([&](ticket who) {
    all.push_back(who);
    return true;
  });
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
  bool shares = who.low && count(false) > 0;
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
