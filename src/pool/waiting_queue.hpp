#pragma once
#include "settings/server_config.hpp"
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cog {

/// The settings of a waiting_queue.
struct queue_rules {
  uint64_t places = 0;        // COG_MAX_QUEUE
  real_seconds longest{0};    // COG_MAX_QUEUE_TIME; 0: no matter how long
  bool takes_turns = false;   // COG_FAIR_BY: by keys; else all have the same one
};

/// Who waits for a slot, and in which order they get one. Of two classes the normal one goes first, but while a low one
/// waits every eighth start is low. Within a class the keys take turns, and within a key the first to come is the first to
/// go. To come, to leave and to ask who is next costs the same however many wait.
class waiting_queue {
public:
  using clock = std::chrono::steady_clock;
  using ticket = uint64_t;   // of one that waits; 0 is nobody's

  static constexpr uint64_t share_of_low = 8;
  static constexpr size_t most_keys = 1024;    // of a class; further ones share one
  static constexpr size_t longest_key = 256;   // bytes; longer ones share it, too

  struct newcomer {
    bool low = false;
    std::string_view key{};
    clock::time_point due = clock::time_point::max();   // when it is to be in `due_by`
    bool parked = false;                                // it takes a place but no turn before `unpark`
  };

  explicit waiting_queue(const queue_rules& rules) : rules_{rules} {
    // nop
  }
  waiting_queue(waiting_queue&&) = default;
  waiting_queue& operator=(waiting_queue&&) = default;

  enum class room : uint8_t { there, full, full_for_key };
  /// `elsewhere`: places taken by those who are in no queue any more and have not begun. Where keys take turns, a key gets
  /// a place only while fewer of it wait than places are free, so that nobody alone takes all of them.
  room room_for(const newcomer& who, uint64_t elsewhere = 0) const;

  /// Whether there is room is the caller's affair.
  ticket add(const newcomer& who) { return add(who, false); }
  /// It has waited before, so it goes before all others of its class and key.
  ticket add_first(const newcomer& who) { return add(who, true); }
  /// From now on it takes its turn, after all others of its class and key.
  void unpark(ticket who);
  /// It leaves without a start. It must be there.
  void remove(ticket who);

  /// Whose turn it is.
  ticket next() const;
  /// The same, who begins and is here no more; not when nobody waits.
  ticket take_next();

  /// The first so many of those whose turn comes and who are `wanted`, in order.
  template <class Wanted>
  std::vector<ticket> first_of(uint64_t count, const Wanted& wanted) const {
    std::vector<ticket> found;
    walk([&](ticket who) {
      if (found.size() < count && wanted(who))
        found.push_back(who);
      return found.size() < count;
    });
    return found;
  }

  /// Those whose turn comes.
  uint64_t ready() const { return lines_[0].size + lines_[1].size; }
  bool empty() const { return seats_.empty(); }
  uint64_t size() const { return seats_.size(); }
  uint64_t count(bool low) const { return lines_[low ? 1 : 0].size + parked_of_[low ? 1 : 0]; }
  /// More or fewer of them.
  void set_places(uint64_t places) { rules_.places = places; }
  /// 1 is next; 0 for one who is not here.
  uint64_t position(ticket who) const;
  /// All of them, the next one first, the parked ones last.
  std::vector<ticket> in_order() const;
  /// How many would begin before it. Where normal ones wait, others are taken to come in their place, so that only every
  /// eighth start is a low one's.
  uint64_t before(const newcomer& who) const;

  /// The earliest `due`, or the end of time.
  clock::time_point first_due() const;
  /// Those whose time is over, the earliest first.
  std::vector<ticket> due_by(clock::time_point now) const;

private:
  struct lane {
    std::string key;
    std::list<ticket> tickets;   // never empty
  };
  using lane_list = std::list<lane>;
  struct line {
    lane_list lanes;                                                    // the one whose turn it is comes first
    std::unordered_map<std::string_view, lane_list::iterator> by_key;   // which the lanes own
    uint64_t size = 0;
  };
  struct parked_one {
    ticket who;
    std::string key;
  };
  using due_list = std::multimap<clock::time_point, ticket>;
  struct seat {
    bool low = false;
    bool leaves = false;   // it is in `dues_`
    bool parked = false;
    std::list<parked_one>::iterator parking;
    lane_list::iterator lane;
    std::list<ticket>::iterator place;
    due_list::iterator due;
  };

  ticket add(const newcomer& who, bool first);
  void sit(ticket who, seat& taken, std::string_view key, bool first);
  std::string_view key_of(const newcomer& who) const;
  bool is_next_low(uint64_t normals, uint64_t lows, uint64_t starts) const;
  /// Tells all in order until `tell` says that it is enough.
  template <class Tell>
  void walk(const Tell& tell) const;

  queue_rules rules_;
  std::array<line, 2> lines_;   // normal, low
  std::unordered_map<ticket, seat> seats_;
  std::list<parked_one> parked_;
  std::array<uint64_t, 2> parked_of_{};   // normal, low
  due_list dues_;
  ticket last_ = 0;
  uint64_t starts_ = 0;   // of normal ones in a row, while a low one waited
};

template <class Tell>
void waiting_queue::walk(const Tell& tell) const {
  struct cursor {
    std::list<ticket>::const_iterator at, end;
  };
  std::array<std::deque<cursor>, 2> cursors;
  std::array<uint64_t, 2> left{lines_[0].size, lines_[1].size};
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

}   // namespace cog
