#pragma once
#include "prediction/event.hpp"
#include <vector>

namespace cog {

/// The events of one prediction so far, for those who join late: all, or, once there were more than `capacity`, none.
class event_history {
public:
  /// `capacity`: COG_STREAM_HISTORY_CAPACITY; 0 keeps nothing and calls nothing missing.
  explicit event_history(uint64_t capacity) : capacity_{capacity} {
    // nop
  }

  void add(event_ptr event);
  /// What somebody who joins now is told first: the events in order, or one `truncated`.
  std::vector<event_ptr> replay() const;
  bool truncated() const { return capacity_ > 0 && count_ > capacity_; }

private:
  uint64_t capacity_;
  uint64_t count_ = 0;
  std::vector<event_ptr> events_;
};

}   // namespace cog
