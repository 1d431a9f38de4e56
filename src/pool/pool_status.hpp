#pragma once
#include "pool/health_state.hpp"
#include "pool/pool_history.hpp"
#include <memory>
#include <string>
#include <vector>

namespace cog {

/// How the pool stands, for `GET /status`. Times of the window and of queues are in seconds.
struct pool_status {
  struct running {
    std::string id;
    std::chrono::system_clock::time_point since;
  };
  struct worker {
    worker_report report;
    worker_record record;
    std::vector<running> runs;
  };
  struct times {
    uint64_t count = 0;
    double p50 = 0, p90 = 0, p99 = 0, longest = 0;
  };

  std::shared_ptr<const health_answer> health;
  std::chrono::system_clock::time_point started, since;
  uint64_t busy = 0;      // slots taken
  uint64_t waiting = 0;   // predictions without one
  uint64_t couriers = 0;
  uint64_t kept = 0;
  std::vector<worker> workers;
  times run_times, wait_times;
  recent_window::rates last_minute, last_five_minutes;
  std::vector<failed_prediction> failures;
  std::vector<worker_death> deaths;
};
using status_ptr = std::shared_ptr<const pool_status>;

pool_status::times times_of(const duration_histogram& histogram);

}   // namespace cog
