#pragma once
#include "pool/health_state.hpp"
#include "pool/recent_window.hpp"
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// A prediction that has failed.
struct failed_prediction {
  std::string id;
  std::chrono::system_clock::time_point at;
  uint64_t worker = 0;
  std::string error;
  std::string log_tail;   // the end of its log, as the inside of a JSON string
};

/// A worker process that has ended before its time.
struct worker_death {
  std::chrono::system_clock::time_point at;
  uint64_t worker = 0;
  std::string cause;
  std::vector<std::string> predictions;   // ids of those it took
};

/// What a worker has been through.
struct worker_record {
  std::chrono::system_clock::time_point since;   // in its present state
  uint64_t predictions = 0;                      // that have ended there
  uint64_t restarts = 0;
  std::chrono::system_clock::time_point died_at;   // last
  std::string cause;                               // of that
};

/// What has happened in the pool, as far as somebody may still want to know, for `GET /status`. The memory it takes does
/// not grow: there are 20 failures and 20 deaths, their texts cut.
class pool_history {
public:
  using clock = std::chrono::system_clock;

  static constexpr size_t most_entries = 20;
  static constexpr size_t longest_text = 4096;   // bytes of an error, a cause, the end of a log
  static constexpr size_t most_ids = 100;        // of a death

  explicit pool_history(clock::time_point now) : started{now}, since{now}, window{now} {
    // nop
  }

  /// A prediction has ended on that worker.
  void count_end(const prediction_snapshot& ended, uint64_t worker);
  /// A worker has changed its state; `was` is the one before. `ids`: of the predictions that run there.
  void note(const worker_report& report, worker_phase was, health_status shown, std::vector<std::string> ids,
            clock::time_point now);

  const clock::time_point started;
  clock::time_point since;   // the state shown to the world holds; READY and BUSY are one
  recent_window window;
  std::deque<failed_prediction> failures;   // the newest first
  std::deque<worker_death> deaths;          // likewise
  std::vector<worker_record> workers;       // by index

private:
  worker_record& record_of(uint64_t worker);

  health_status shown_ = health_status::starting;
};

/// The end of a text that is the inside of a JSON string, at most so many bytes, beginning with a whole character.
std::string json_text_end(std::string_view text, size_t most);

}   // namespace cog
