#pragma once
#include "process/frame.hpp"
#include <cstdint>
#include <unordered_set>

namespace cog {

/// The numbers of the predictions that one worker process was sent.
class run_numbers {
public:
  /// Of the next run frame.
  uint64_t next() { return ++last_; }

  /// Whether a run frame of this number was sent.
  bool was_sent(uint64_t number) const { return number > 0 && number <= last_; }

  /// The prediction has ended for everybody but the process, which has yet to say `done`.
  void end_early(uint64_t number) { ended_early_.insert(number); }

  /// For a frame of a prediction that does not run: whether it had ended early, so that the frame says nothing. With its
  /// `done` that is over.
  bool is_late(frame_kind kind, uint64_t number) {
    return kind == frame_kind::done ? ended_early_.erase(number) > 0 : ended_early_.contains(number);
  }

private:
  uint64_t last_ = 0;
  std::unordered_set<uint64_t> ended_early_;
};

}   // namespace cog
