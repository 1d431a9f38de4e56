#pragma once
#include <chrono>
#include <cstdint>
#include <unordered_map>

namespace cog {

/// How long workers take from their start, or their death, until they are ready.
class restart_times {
public:
  using clock = std::chrono::steady_clock;

  /// It is not ready from now on.
  void lost(uint64_t worker, clock::time_point now) { since_.try_emplace(worker, now); }
  void ready(uint64_t worker, clock::time_point now);
  /// It will not come back.
  void given_up(uint64_t worker) { since_.erase(worker); }
  /// Seconds, of the last few; 0 while nothing is known.
  double mean() const { return mean_; }

private:
  static constexpr double newest = 0.25;   // how much the last one counts

  std::unordered_map<uint64_t, clock::time_point> since_;
  double mean_ = 0;
  bool any_ = false;
};

}   // namespace cog
