#pragma once
#include "prediction/input_mark.hpp"
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace cog {

/// Finished predictions that can be fetched again, the oldest out first.
class result_ring {
public:
  struct limits {
    uint64_t entries = 100;                   // COG_KEEP_RESULTS; 0 keeps none
    uint64_t json_bytes = 64 * 1024 * 1024;   // of results and what is kept of their inputs
    uint64_t file_bytes = 1073741824;         // COG_KEEP_FILES

    /// Whether there is a place for so large a result.
    bool admits(const prediction_snapshot& result) const;
  };
  struct entry {
    input_mark asked;
    snapshot_ptr result;
  };

  explicit result_ring(const limits& most) : limits_{most} {
    // nop
  }

  /// Replaces one of the same id. The request is not held.
  void add(const prediction_request& request, snapshot_ptr result);
  /// Null when it is not kept.
  const entry* find(const std::string& id) const;
  /// The newest last.
  std::vector<snapshot_ptr> list() const;
  uint64_t size() const { return live_; }
  bool keeps_any() const { return limits_.entries > 0; }

private:
  struct kept {
    entry what;
    uint64_t json_bytes = 0;
    uint64_t file_bytes = 0;
    bool replaced = false;
  };

  void drop_oldest();

  limits limits_;
  std::deque<kept> ring_;
  std::unordered_map<std::string_view, uint64_t> places_;   // by id, which the result owns; counted from the first ever
  uint64_t dropped_ = 0;
  uint64_t live_ = 0;
  uint64_t json_bytes_ = 0;
  uint64_t file_bytes_ = 0;
};

}   // namespace cog
