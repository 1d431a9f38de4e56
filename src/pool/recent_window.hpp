#pragma once
#include "pool/duration_histogram.hpp"
#include "prediction/prediction.hpp"
#include <array>
#include <chrono>
#include <cstdint>

namespace cog {

/// What has ended and was refused in the last five minutes, in steps of ten seconds.
class recent_window {
public:
  using clock = std::chrono::system_clock;   // of the times in a snapshot

  explicit recent_window(clock::time_point now) : start_{now} {
    // nop
  }

  void count_end(const prediction_snapshot& ended);
  void count_refusal(clock::time_point now) { ++step_at(now).refused; }

  /// So many a second.
  struct rates {
    double succeeded = 0;
    double failed = 0;
    double canceled = 0;
    double refused = 0;
  };
  /// Over the time given, five minutes at most, or since the start if that is less; the oldest step counts as far as it
  /// is in it.
  rates rates_over(std::chrono::seconds time, clock::time_point now) const;
  /// Of all five minutes: how long predictions ran, and how long they waited before.
  duration_histogram run_times(clock::time_point now) const;
  duration_histogram wait_times(clock::time_point now) const;

private:
  static constexpr std::chrono::seconds step_time{10};
  static constexpr size_t most_steps = 30;

  struct step {
    int64_t number = -1;   // since the epoch of the clock
    std::array<uint64_t, 3> ended{};
    uint64_t refused = 0;
    duration_histogram run_times, wait_times;
  };

  step& step_at(clock::time_point moment);
  template <class Take>
  void each_since(int64_t first, clock::time_point now, const Take& take) const;

  clock::time_point start_;
  std::array<step, most_steps> steps_;
};

}   // namespace cog
