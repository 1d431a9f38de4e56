#include "pool/queue_forecast.hpp"
#include <algorithm>
#include <cmath>

namespace cog {

namespace {

constexpr double longest_retry = 60;
constexpr double others_share = 7.0 / 8;

double slots_for(const queue_outlook& found) {
  auto slots = static_cast<double>(std::max<uint64_t>(found.slots, 1));
  return found.shares ? slots * others_share : slots;
}

}   // namespace

std::optional<double> queue_forecast::wait(const queue_outlook& found) const {
  if (found.is_free)
    return 0;
  if (!times_.is_known() && found.restart == 0)
    return {};
  return static_cast<double>(found.before + 1) * times_.mean() / slots_for(found) + found.restart;
}

/// The sum of so many service times varies with the root of their number; of its own, nine of ten take no longer.
std::optional<double> queue_forecast::too_long(const queue_outlook& found, double time_left) const {
  if (!times_.is_sure() || found.is_idle)
    return {};
  double expected = times_.median();
  if (!found.is_free)
    expected = wait(found).value_or(0) +
      times_.deviation() * std::sqrt(static_cast<double>(found.before + 1)) / slots_for(found) + times_.upper();
  return expected > time_left ? std::optional{expected} : std::nullopt;
}

bool queue_forecast::is_worth_a_start(double time_left) const {
  return time_left > 0 && (!times_.is_sure() || times_.median() <= time_left);
}

uint64_t queue_forecast::retry_after(const queue_outlook& found) const {
  return static_cast<uint64_t>(std::ceil(std::clamp(wait(found).value_or(1), 1.0, longest_retry)));
}

}   // namespace cog
