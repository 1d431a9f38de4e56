#include "pool/service_times.hpp"
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace cog {

void service_times::look() const {
  if (seen_ == ends_)
    return;
  seen_ = ends_;
  const auto* end = times_.begin() + std::min(ends_, most);
  auto count = static_cast<double>(end - times_.begin());
  mean_ = std::accumulate(times_.begin(), end, 0.0) / count;
  auto squares = std::accumulate(times_.begin(), end, 0.0,
                                 [&](double sum, double time) { return sum + (time - mean_) * (time - mean_); });
  deviation_ = std::sqrt(squares / count);
}

void service_times::look_at_order() const {
  bool is_few = ends_ < 2 * refresh && order_seen_ != ends_;
  if (!is_few && ends_ - order_seen_ < refresh)
    return;
  order_seen_ = ends_;
  std::vector<double> times{times_.begin(), times_.begin() + std::min(ends_, most)};
  auto quantile = [&](double part) {
    auto place = times.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(times.size() - 1));
    std::nth_element(times.begin(), place, times.end());
    return *place;
  };
  median_ = quantile(0.5);
  upper_ = quantile(0.9);
}

double service_times::mean() const {
  look();
  return mean_;
}

double service_times::deviation() const {
  look();
  return deviation_;
}

double service_times::median() const {
  look_at_order();
  return median_;
}

double service_times::upper() const {
  look_at_order();
  return upper_;
}

}   // namespace cog
