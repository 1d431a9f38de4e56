#include "pool/restart_policy.hpp"
#include <algorithm>

namespace cog {

namespace {

/// 0.1 s, doubled for each time before, up to `longest`.
restart_policy::clock::duration back_off(uint64_t times_before, std::chrono::milliseconds longest) {
  constexpr std::chrono::milliseconds first{100};
  return std::min(first * (1 << std::min<uint64_t>(times_before, 10)), longest);
}

}   // namespace

std::optional<restart_policy::clock::duration> restart_policy::died(clock::time_point now) {
  constexpr std::chrono::seconds forgiving{60};
  constexpr std::chrono::seconds longest{10};
  if (ready_since_ && now - *ready_since_ >= forgiving)
    deaths_ = 0;
  ready_since_.reset();
  ++deaths_;
  if (deaths_ > limit_)
    return {};
  if (deaths_ == 1)
    return clock::duration::zero();
  return back_off(deaths_ - 2, longest);
}

restart_policy::clock::duration restart_policy::lacked() {
  constexpr std::chrono::seconds longest{5};
  ready_since_.reset();
  return back_off(shortages_++, longest);
}

}   // namespace cog
