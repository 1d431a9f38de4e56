#pragma once
#include <chrono>
#include <cstdint>

namespace cog {

/// Whether the reader of an answer still takes something of it. The socket is ready again only when much of its buffer
/// is free, which takes a slow reader long, so what counts is what has left the buffer.
class reader_watch {
public:
  using clock = std::chrono::steady_clock;

  /// A new answer begins.
  void begin() { watching_ = false; }
  /// Bytes have been put into the socket's buffer.
  void put(uint64_t count) { put_ += count; }
  /// The buffer is full with so many `unsent` bytes, for the first time in this answer or after it took more.
  void wait(uint64_t unsent, clock::time_point now) {
    watching_ = true;
    taken_ = put_ - unsent;
    taken_at_ = now;
  }
  bool is_watching() const { return watching_; }

  /// For how long the reader has taken nothing. `patient`: the time does not count.
  clock::duration look(uint64_t unsent, bool patient, clock::time_point now) {
    if (auto taken = put_ - unsent; taken != taken_ || patient)
      wait(unsent, now);
    return now - taken_at_;
  }

private:
  bool watching_ = false;
  uint64_t put_ = 0;     // ever
  uint64_t taken_ = 0;   // of them, when it was last looked
  clock::time_point taken_at_;
};

}   // namespace cog
