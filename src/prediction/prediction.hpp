#pragma once
#include "prediction/shared_text.hpp"
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// A place in a buffer, in bytes.
struct byte_range {
  size_t offset = 0;
  size_t length = 0;
};

enum class prediction_status : uint8_t { starting, processing, succeeded, failed, canceled };

std::string_view to_string(prediction_status status);

/// Terminal states are final: later changes are ignored.
constexpr bool is_terminal(prediction_status status) {
  return status >= prediction_status::succeeded;
}

/// A folder that belongs to one prediction. Whoever still needs a file in it holds the pointer; when the last one lets
/// go, the folder is removed by whatever was given to `make_folder`.
struct folder {
  std::string path;
};
using folder_ptr = std::shared_ptr<const folder>;

/// Bytes of a file as they are.
struct raw_file {
  std::string path;
  uint64_t offset = 0;   // bytes
  uint64_t size = 0;     // bytes
};

/// A file that stands in an output: the JSON string at `at` is a placeholder for its content.
struct output_file {
  byte_range at;      // of the placeholder, quotes included, in `prediction_output::json`
  std::string path;   // owned by the prediction's folder
  std::string mime;
  uint64_t size = 0;   // bytes
  bool bare = false;   // it is written in base64 alone, without quotes and the head of a data URL
};

/// What a model has produced: chunks as JSON texts, joined by commas, or one value.
struct prediction_output {
  enum class shape : uint8_t { none, value, chunks };
  shape form = shape::none;
  shared_text json;                 // the value, or the chunks without the brackets round them
  std::vector<output_file> files;   // ascending by place

  /// One more chunk, with the files in it.
  void append(const text_slice& chunk, std::vector<output_file> in_chunk);
};

/// Where a prediction stands that waits for a slot.
struct queue_place {
  uint64_t position = 0;             // 1 is next; 0: it does not wait
  std::optional<uint64_t> wait_ms;   // about so long; none while nothing is known of how long predictions take

  bool operator==(const queue_place&) const = default;
};

/// A prediction at one moment, never changed afterwards.
struct prediction_snapshot {
  std::string id;
  std::string owned_id;   // with its owner, see owned_id.hpp; empty: nobody owns it
  prediction_status status = prediction_status::starting;
  prediction_output output;
  shared_text logs;          // as the inside of a JSON string
  shared_text journal;       // of an `event_journal`: in which order it was told
  std::string metrics;       // the members of a JSON object recorded by the model, without the braces
  std::string error;         // of a failed one, or why it was cancelled
  shared_text input;         // JSON; only for one in flight that was asked for by its id
  double predict_time = 0;   // seconds since the slot was taken; only once terminal
  uint64_t chunks = 0;       // that were streamed
  double first_output = 0;   // seconds from the slot to the first of them
  std::chrono::system_clock::time_point created, started, completed;   // the last only once terminal
  std::chrono::system_clock::time_point deadline;                      // only of one that has one
  std::vector<folder_ptr> folders;
  uint64_t memory = 0;   // bytes of the blocks that hold output and logs; only once terminal
  queue_place queue;
  bool too_late = false;   // for whoever waits for the answer: its time was over before it ran

  const std::string& known_as() const { return owned_id.empty() ? id : owned_id; }
};
using snapshot_ptr = std::shared_ptr<const prediction_snapshot>;

}   // namespace cog
