#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace cog::bench {

/// Counts values from 0 on with three significant digits: a bucket is one unit wide up to 2047 and never wider than
/// 1/1024 of its values (log-linear, as in HDR histograms). Grows with the largest value; any value can be taken.
class histogram {
public:
  void record(uint64_t value);

  /// Forgets the values, keeps the memory.
  void clear();

  uint64_t count() const { return count_; }
  uint64_t min() const { return count_ == 0 ? 0 : min_; }
  uint64_t max() const { return max_; }
  double mean() const;
  double standard_deviation() const;

  /// The smallest value, to three digits and rounded up, that `percent` of all values do not exceed; never more than the
  /// largest. 0 without values.
  uint64_t percentile(double percent) const;

  struct point {
    double percent;   // of all values do not exceed:
    uint64_t value;
    uint64_t count;   // how many these are
  };

  /// The distribution as a curve, finer and finer towards 100 %: five points each time the rest halves, down to the
  /// last value.
  std::vector<point> curve() const;

  /// All buckets that hold something: their largest value, and how many.
  std::vector<std::pair<uint64_t, uint64_t>> buckets() const;

private:
  static size_t index_of(uint64_t value);
  static uint64_t largest_in(size_t index);

  std::vector<uint64_t> counts_;
  uint64_t count_ = 0;
  uint64_t min_ = UINT64_MAX;
  uint64_t max_ = 0;
  double sum_ = 0;
  double sum_of_squares_ = 0;
};

}   // namespace cog::bench
