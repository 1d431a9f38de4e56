#include "bench/histogram.hpp"
#include <algorithm>
#include <bit>
#include <cmath>

namespace cog::bench {

namespace {

constexpr int half_bits = 10;
constexpr uint64_t half = 1ULL << half_bits;   // buckets of each power of two
constexpr double ticks_per_half = 5;

}   // namespace

// Below 2 * half the index is the value; from there on the upper 11 bits of the value say which bucket of its power of
// two it is.
size_t histogram::index_of(uint64_t value) {
  int shift = std::max(static_cast<int>(std::bit_width(value)) - half_bits - 1, 0);
  return static_cast<size_t>(shift) * half + (value >> shift);
}

uint64_t histogram::largest_in(size_t index) {
  if (index < 2 * half)
    return index;
  auto shift = index / half - 1;
  return ((index - shift * half + 1) << shift) - 1;
}

void histogram::record(uint64_t value) {
  auto index = index_of(value);
  if (index >= counts_.size())
    counts_.resize((index / half + 1) * half);
  ++counts_[index];
  ++count_;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  auto number = static_cast<double>(value);
  sum_ += number;
  sum_of_squares_ += number * number;
}

void histogram::clear() {
  std::fill(counts_.begin(), counts_.end(), 0);
  count_ = 0;
  min_ = UINT64_MAX;
  max_ = 0;
  sum_ = sum_of_squares_ = 0;
}

double histogram::mean() const {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

double histogram::standard_deviation() const {
  if (count_ == 0)
    return 0;
  auto average = mean();
  return std::sqrt(std::max(sum_of_squares_ / static_cast<double>(count_) - average * average, 0.0));
}

uint64_t histogram::percentile(double percent) const {
  auto wanted = static_cast<uint64_t>(std::ceil(percent / 100 * static_cast<double>(count_) * (1 - 1e-12)));
  wanted = std::clamp<uint64_t>(wanted, 1, std::max<uint64_t>(count_, 1));
  uint64_t seen = 0;
  for (size_t i = 0; i < counts_.size(); ++i)
    if (seen += counts_[i]; seen >= wanted)
      return std::min(largest_in(i), max_);
  return max_;
}

std::vector<histogram::point> histogram::curve() const {
  std::vector<point> points;
  uint64_t seen = 0;
  double wanted = 0;   // percent
  for (size_t i = 0; i < counts_.size() && seen < count_; ++i) {
    seen += counts_[i];
    auto reached = 100 * static_cast<double>(seen) / static_cast<double>(count_);
    if (counts_[i] == 0 || (reached < wanted && seen < count_))
      continue;
    points.push_back({reached, std::min(largest_in(i), max_), seen});
    auto halvings = std::ceil(std::log2(100 / std::max(100 - reached, 1e-9)));
    auto step = 100 / std::exp2(halvings) / ticks_per_half;
    wanted = reached + step;
  }
  return points;
}

std::vector<std::pair<uint64_t, uint64_t>> histogram::buckets() const {
  std::vector<std::pair<uint64_t, uint64_t>> found;
  for (size_t i = 0; i < counts_.size(); ++i)
    if (counts_[i] > 0)
      found.emplace_back(std::min(largest_in(i), max_), counts_[i]);
  return found;
}

}   // namespace cog::bench
