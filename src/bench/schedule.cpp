#include "bench/schedule.hpp"
#include <algorithm>

namespace cog::bench {

clock::duration to_duration(double seconds) {
  return std::chrono::round<clock::duration>(std::chrono::duration<double>{seconds});
}

double to_seconds(clock::duration duration) {
  return std::chrono::duration<double>{duration}.count();
}

uint64_t nanoseconds_between(clock::time_point from, clock::time_point to) {
  return static_cast<uint64_t>(std::max<int64_t>(std::chrono::nanoseconds{to - from}.count(), 0));
}

schedule::schedule(const load_settings& settings, const load_step& step)
  : warmup_{to_duration(settings.warmup)},
    end_{settings.seconds ? warmup_ + to_duration(*settings.seconds) : clock::duration::max()},
    requests_{settings.requests},
    rate_{step.rate} {
  // nop
}

clock::duration schedule::due(uint64_t number) const {
  return to_duration(static_cast<double>(number) / rate_);
}

bool schedule::is_over(clock::duration moment, uint64_t counted) const {
  return moment >= end_ || (requests_ > 0 && counted >= requests_);
}

}   // namespace cog::bench
