#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace cog {

/// Durations in the buckets that all histograms of `GET /metrics` have: between two bounds a quantile is off by a factor
/// of 2.5 at most.
class seconds_histogram {
public:
  static constexpr std::array<double, 20> bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
                                                 2.5,   5,      10,    20,   30,    60,   120, 300,  600, 1800};   // s

  void add(double seconds);

  /// All its series in the text format of Prometheus, without a head. `label` (`NAME="VALUE"`) may be empty.
  void append(std::string& out, std::string_view name, std::string_view label = {}) const;

private:
  std::array<uint64_t, bounds.size()> buckets_{};
  uint64_t count_ = 0;
  double sum_ = 0;
};

/// The head of one metric of the Prometheus text format.
void append_metric_head(std::string& out, std::string_view name, std::string_view type, std::string_view help);

}   // namespace cog
