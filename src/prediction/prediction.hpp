#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
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

/// A file that stands in an output: the JSON string at `at` is a placeholder for its content.
struct output_file {
  byte_range at;      // of the placeholder, quotes included, in `prediction_output::json`
  std::string path;   // owned by the prediction's folder
  std::string mime;
  uint64_t size = 0;   // bytes
};

/// What a model has produced: chunks as JSON texts, joined by commas, or one value.
struct prediction_output {
  enum class shape : uint8_t { none, value, chunks };
  shape form = shape::none;
  std::string json;                 // the value, or the chunks without the brackets round them
  std::vector<size_t> ends;         // where each chunk ends in `json`; empty when the chunks came as one list
  std::vector<output_file> files;   // ascending by place
};

/// A prediction at one moment, never changed afterwards.
struct prediction_snapshot {
  std::string id;
  prediction_status status = prediction_status::starting;
  prediction_output output;
  std::string logs;
  std::string metrics;       // the members of a JSON object recorded by the model, without the braces
  std::string error;         // of a failed one
  std::string input;         // JSON; only for one in flight that was asked for by its id
  double predict_time = 0;   // seconds since the slot was taken; only once terminal
  std::chrono::system_clock::time_point created, started, completed;   // the last only once terminal
  std::vector<folder_ptr> folders;
};
using snapshot_ptr = std::shared_ptr<const prediction_snapshot>;

}   // namespace cog
