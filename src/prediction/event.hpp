#pragma once
#include "prediction/prediction.hpp"
#include <memory>
#include <string>
#include <vector>

namespace cog {

/// Something that happened in a prediction, for those who follow it. Shared by all of them and by the history; never
/// changed.
struct prediction_event {
  enum class kind : uint8_t { start, output, log, metric, completed, truncated, queued };

  kind what = kind::start;
  uint64_t index = 0;               // of an output chunk, from 0; of `truncated`: how many events are missing
  bool from_stderr = false;         // of a log
  uint8_t mode = 0;                 // of a metric: replace, increment, append
  uint64_t position = 0;            // among all that was told, `start` being 1; 0: it is not counted
  std::string name;                 // of a metric; of `start`: the prediction's id
  text_slice text;                  // chunk or metric value as JSON; log as the inside of a JSON string
  std::vector<output_file> files;   // in the chunk
  uint64_t first_file = 0;          // the number of the first of them among those of the output
  folder_ptr holder;                // of these files
  snapshot_ptr end;                 // of `completed`
  queue_place place;                // of `queued`
  memory_lease counted;             // what it takes beside its text
};
using event_ptr = std::shared_ptr<const prediction_event>;

}   // namespace cog
