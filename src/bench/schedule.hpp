#pragma once
#include "bench/settings.hpp"

namespace cog::bench {

/// When the requests of a measurement are due and which of them count. All moments are counted from its start.
class schedule {
public:
  schedule(const load_settings& settings, const load_step& step);

  /// Of an open loop: the moment of the request with this number, from 0.
  clock::duration due(uint64_t number) const;

  /// Is a request of this moment no longer part of the warm-up?
  bool counts(clock::duration moment) const { return moment >= warmup_; }

  /// Is there no request any more at this moment, when so many have counted?
  bool is_over(clock::duration moment, uint64_t counted) const;

  clock::duration warmup() const { return warmup_; }

  /// The end of the time to count; `max()` when only the number of requests ends it.
  clock::duration end() const { return end_; }

private:
  clock::duration warmup_;
  clock::duration end_;
  uint64_t requests_;
  double rate_;
};

/// Seconds as the clock counts.
clock::duration to_duration(double seconds);

double to_seconds(clock::duration duration);

/// Never negative.
uint64_t nanoseconds_between(clock::time_point from, clock::time_point to);

}   // namespace cog::bench
