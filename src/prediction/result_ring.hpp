#pragma once
#include "prediction/request.hpp"
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
    uint64_t json_bytes = 64 * 1024 * 1024;   // of results and the inputs they belong to
    uint64_t file_bytes = 1073741824;         // COG_KEEP_FILES
  };
  struct entry {
    std::shared_ptr<const prediction_request> request;
    snapshot_ptr result;
  };

  explicit result_ring(const limits& most) : limits_{most} {
    // nop
  }

  /// Replaces one of the same id.
  void add(entry finished);
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

/// Whether two requests ask for the same: their inputs and contexts are equal as JSON values.
bool same_input(const prediction_request& left, const prediction_request& right);

}   // namespace cog
