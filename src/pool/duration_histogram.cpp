#include "pool/duration_histogram.hpp"
#include <algorithm>
#include <cmath>

namespace cog {

void duration_histogram::add(const duration_histogram& other) {
  for (size_t i = 0; i < buckets; ++i)
    buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  longest_ = std::max(longest_, other.longest_);
}

double duration_histogram::quantile(double part) const {
  if (count_ == 0)
    return 0;
  auto rank = std::max(uint64_t{1}, static_cast<uint64_t>(std::ceil(part * static_cast<double>(count_))));
  uint64_t below = 0;
  for (size_t i = 0; i < buckets; ++i) {
    below += buckets_[i];
    if (below >= rank)
      return std::min(longest_, std::bit_cast<double>((lowest + i + 1) << shift));
  }
  return longest_;
}

}   // namespace cog
