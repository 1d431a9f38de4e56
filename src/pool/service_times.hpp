#pragma once
#include <array>
#include <cstdint>

namespace cog {

/// How long the last predictions were in their slots, in seconds. To add one costs a few instructions; what is asked is
/// worked out when it is asked, the quantiles not again before 16 more have ended.
class service_times {
public:
  static constexpr uint64_t most = 100;     // are looked at
  static constexpr uint64_t enough = 8;     // to found a refusal on
  static constexpr uint64_t refresh = 16;   // ends between two looks at the quantiles
  static constexpr double cut_factor = 1.5;

  /// `cut_short`: it was cancelled, or its time was over. It would have taken longer, so it counts for more: else to end
  /// the slow ones early would teach that all are fast.
  void add(double seconds, bool cut_short = false) {
    times_[next_] = cut_short ? cut_factor * seconds : seconds;
    next_ = next_ + 1 == most ? 0 : next_ + 1;
    ++ends_;
  }

  bool is_known() const { return ends_ > 0; }
  bool is_sure() const { return ends_ >= enough; }

  // All of these are 0 while nothing is known.
  double mean() const;
  double deviation() const;
  double median() const;
  double upper() const;   // nine of ten take no longer

private:
  void look() const;
  void look_at_order() const;

  std::array<double, most> times_{};
  uint64_t next_ = 0;
  uint64_t ends_ = 0;
  mutable uint64_t seen_ = 0;         // ends, when mean and deviation were worked out
  mutable uint64_t order_seen_ = 0;   // and the quantiles
  mutable double mean_ = 0, deviation_ = 0, median_ = 0, upper_ = 0;
};

}   // namespace cog
