#include "prediction/restart_policy.hpp"
#include <algorithm>

namespace cog {

std::optional<restart_policy::clock::duration> restart_policy::died(clock::time_point now) {
  constexpr std::chrono::seconds forgiving{60};
  constexpr std::chrono::milliseconds first{100};
  constexpr std::chrono::milliseconds longest{10000};
  if (ready_since_ && now - *ready_since_ >= forgiving)
    deaths_ = 0;
  ready_since_.reset();
  ++deaths_;
  if (deaths_ > limit_)
    return {};
  if (deaths_ == 1)
    return clock::duration::zero();
  auto doublings = std::min<uint64_t>(deaths_ - 2, 10);
  return std::min<clock::duration>(first * (1 << doublings), longest);
}

}   // namespace cog
