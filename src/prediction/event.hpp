#pragma once
#include "prediction/prediction.hpp"
#include <memory>
#include <string>
#include <vector>

namespace cog {

/// Something that happened in a prediction, for those who follow it. Shared by all of them and by the history; never
/// changed.
struct prediction_event {
  enum class kind : uint8_t { start, output, log, metric, completed, truncated };

  kind what = kind::start;
  uint64_t index = 0;               // of an output chunk, from 0; of `truncated`: how many events are missing
  bool from_stderr = false;         // of a log
  uint8_t mode = 0;                 // of a metric: replace, increment, append
  std::string name;                 // of a metric; of `start`: the prediction's id
  std::string text;                 // chunk or metric value as JSON; log as it was written
  std::vector<output_file> files;   // in the chunk
  folder_ptr holder;                // of these files
  snapshot_ptr end;                 // of `completed`
};
using event_ptr = std::shared_ptr<const prediction_event>;

}   // namespace cog
