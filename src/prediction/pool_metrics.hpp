#pragma once
#include "prediction/health_state.hpp"
#include "prediction/prediction.hpp"
#include <array>
#include <cstdint>
#include <string>

namespace cog {

/// What the pool has done since the start, for `GET /metrics`.
class pool_metrics {
public:
  /// A prediction has ended.
  void count(const prediction_snapshot& ended);
  void count_refusal() { ++refused_; }
  void count_restart() { ++restarts_; }

  /// How things stand now.
  struct gauges {
    uint64_t slots = 0;
    uint64_t free_slots = 0;
    uint64_t waiting = 0;
    uint64_t couriers = 0;
    uint64_t kept = 0;
  };

  /// In the text format of Prometheus; the names are in docs/http.md.
  std::string text(const pool_state& pool, const gauges& now) const;

private:
  static constexpr std::array<double, 12> bounds{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 1800};   // s

  std::array<uint64_t, 3> ended_{};   // succeeded, failed, canceled
  std::array<uint64_t, bounds.size()> buckets_{};
  double seconds_ = 0;
  uint64_t refused_ = 0;
  uint64_t restarts_ = 0;
};

/// The head of one metric of the Prometheus text format.
void append_metric_head(std::string& out, std::string_view name, std::string_view type, std::string_view help);

}   // namespace cog
