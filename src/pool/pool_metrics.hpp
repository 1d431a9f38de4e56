#pragma once
#include "pool/health_state.hpp"
#include "pool/seconds_histogram.hpp"
#include "prediction/prediction.hpp"
#include <array>
#include <cstdint>
#include <string>

namespace cog {

/// Why a prediction was not accepted.
enum class refusal_reason : uint8_t {
  capacity,    // every slot and place in the queue is taken, or it would not be done in time
  not_ready,   // no worker is ready
  draining,    // the server stops
  limit,       // of memory, or of its API key
};

/// What the pool has done since the start, for `GET /metrics`.
class pool_metrics {
public:
  /// A prediction has ended.
  void count(const prediction_snapshot& ended);
  void count_refusal(refusal_reason why) { ++refused_[static_cast<size_t>(why)]; }
  void count_restart(death_kind cause) { ++restarts_[static_cast<size_t>(cause)]; }
  /// A worker has become ready, so long after its start or death.
  void count_setup(double seconds) { setup_.add(seconds); }

  /// How things stand now.
  struct gauges {
    health_status status = health_status::unknown;
    uint64_t slots = 0;
    uint64_t free_slots = 0;
    uint64_t running = 0;
    uint64_t waiting = 0;
    uint64_t couriers = 0;
    uint64_t kept = 0;
  };

  /// In the text format of Prometheus; the names are in docs/http.md.
  std::string text(const pool_state& pool, const gauges& now) const;

private:
  std::array<uint64_t, 3> ended_{};   // succeeded, failed, canceled
  seconds_histogram seconds_, first_output_, setup_;
  uint64_t chunks_ = 0;
  uint64_t output_bytes_ = 0;
  std::array<uint64_t, 4> refused_{};    // by `refusal_reason`
  std::array<uint64_t, 8> restarts_{};   // by `death_kind`
};

}   // namespace cog
