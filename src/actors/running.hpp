#pragma once
#include "actors/messages.hpp"
#include "io/frame.hpp"
#include "prediction/event_history.hpp"
#include "prediction/metrics.hpp"
#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>

namespace cog {

/// Output that has come and is told when its files are uploaded.
struct held_output {
  std::string json;
  std::vector<output_file> files;
  std::vector<std::string> urls;   // of the files
  size_t missing = 0;              // uploads that have not ended
  bool failed = false;             // one of them
  std::optional<done_shape> end;   // the result of the model, not a chunk
};
using held_ptr = std::shared_ptr<held_output>;

/// The JSON with the URLs in the places of the files.
std::string with_urls(const held_output& output);

/// A prediction while a worker has it.
struct running_prediction {
  using clock = std::chrono::steady_clock;

  explicit running_prediction(uint64_t history_capacity) : history{history_capacity} {
    // nop
  }

  request_ptr request;
  caf::typed_response_promise<snapshot_ptr> promise;
  companions others;
  std::vector<follower_actor> followers;   // event streams of clients
  prepared_ptr prepared;                   // the input with its files in place
  uint64_t number = 0;                     // of its run frame; 0: not sent yet
  prediction_output output;
  std::string logs;
  metric_set metrics;
  folder_ptr output_folder;   // set once it has files in it
  clock::time_point started;
  std::chrono::system_clock::time_point started_at;
  clock::time_point due = clock::time_point::max();      // COG_PREDICT_TIMEOUT
  clock::time_point end_by = clock::time_point::max();   // COG_CANCEL_TIMEOUT, once it was told to stop
  uint64_t ping = 0;                                     // asked when it was told to stop; 0: none
  event_history history;
  std::list<held_ptr> held;   // in the order of the model; costs nothing while empty
  std::string upload_error;   // the first
  bool begun = false;         // false: the process has it, and something else before it
  bool followed = false;      // its `start` event was made
  uint64_t chunks = 0;        // told so far
  bool canceled = false;
  bool timed_out = false;
  bool log_ended = false;   // COG_MAX_LOG_BYTES was reached

  /// Keeps what fits under `limit` bytes; then one mark, and no more. Returns what was added, until the next call.
  std::string_view add_log(std::string_view text, uint64_t limit);
  void add_chunk(output_frame&& frame);

  /// `list`: the model's outputs are lists, so a single value becomes one.
  void set_value(done_frame&& frame, bool list);

  /// Its state now. What is terminal takes the output and the logs along.
  snapshot_ptr snapshot(const model_document* document) const;
  snapshot_ptr finish(prediction_status status, std::string error);

private:
  std::shared_ptr<prediction_snapshot> describe(prediction_status status) const;
};

}   // namespace cog
