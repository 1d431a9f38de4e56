#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace cog {

/// How long things took, in seconds, from 8 microseconds to 2,048 seconds; what is shorter or longer counts as that. A
/// quantile is at most an eighth too high. To add a time costs a few instructions.
class duration_histogram {
public:
  void add(double seconds) {
    ++buckets_[bucket_of(seconds)];
    ++count_;
    if (seconds > longest_)
      longest_ = seconds;
  }
  void add(const duration_histogram& other);

  uint64_t count() const { return count_; }
  double longest() const { return longest_; }
  /// `part`: 0.5 is the median. 0 without any.
  double quantile(double part) const;

private:
  // A bucket is what a double has in its exponent and the first three bits of its mantissa.
  static constexpr int shift = 49;
  static constexpr uint64_t lowest = std::bit_cast<uint64_t>(0x1p-17) >> shift;
  static constexpr uint64_t highest = (std::bit_cast<uint64_t>(0x1p11) >> shift) - 1;
  static constexpr size_t buckets = highest - lowest + 1;

  static size_t bucket_of(double seconds) {
    if (!(seconds > 0x1p-17))
      return 0;
    auto place = std::bit_cast<uint64_t>(seconds) >> shift;
    return place > highest ? buckets - 1 : place - lowest;
  }

  std::array<uint32_t, buckets> buckets_{};
  uint64_t count_ = 0;
  double longest_ = 0;
};

}   // namespace cog
