#pragma once
#include "pool/seconds_histogram.hpp"
#include "pool/service_times.hpp"
#include "pool/waiting_queue.hpp"
#include <array>
#include <cstdint>
#include <string>

namespace cog {

/// Why a prediction got no place in the queue, or had to leave it.
enum class shed_reason : uint8_t { full, key, forecast, expired, queue_time };

/// What has become of those who waited, for `GET /metrics`.
class queue_metrics {
public:
  void count(shed_reason why) { ++shed_[static_cast<size_t>(why)]; }
  /// It begins after so many seconds.
  void count_start(bool low, double waited) { waits_[low ? 1 : 0].add(waited); }

  /// In the text format of Prometheus; the names are in docs/http.md.
  std::string text(const waiting_queue& queue, const service_times& times) const;

private:
  std::array<uint64_t, 5> shed_{};
  std::array<seconds_histogram, 2> waits_{};   // normal, low
};

}   // namespace cog
