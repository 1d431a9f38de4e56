#pragma once
#include "actors/jobs.hpp"
#include "actors/output_uploads.hpp"
#include "actors/publisher.hpp"
#include "process/frame.hpp"
#include "prediction/log_text.hpp"
#include "prediction/metrics.hpp"
#include <chrono>
#include <memory>
#include <string>

namespace cog {

/// A prediction while a worker has it.
struct running_prediction {
  using clock = std::chrono::steady_clock;

  /// `history`: COG_STREAM_HISTORY_CAPACITY; `account`: of what it puts out.
  running_prediction(request_ptr what, uint64_t history, uint64_t most_log_bytes, const account_ptr& account)
    : request{std::move(what)},
      text{account},
      logs{most_log_bytes, account},
      deadline{request->deadline},
      events{request->id, history, account} {
    // nop
  }
  virtual ~running_prediction() = default;

  /// Tells its end to who has asked for it.
  virtual void answer(const snapshot_ptr& end) = 0;
  /// It was never begun: somebody else runs it.
  virtual void give_back() = 0;
  /// Its files are not waited for any more.
  virtual void stop_input() = 0;

  request_ptr request;
  prepared_ptr prepared;       // the input with its files in place
  bool awaits_input = false;   // these files are being made
  uint64_t number = 0;         // of its run frame; 0: not sent yet
  uint64_t batch_size = 0;     // predictions that were sent together with it, itself included; 0: it is no batch
  text_buffer text;            // of output
  prediction_output output;
  log_text logs;
  shared_text shown_input;   // once somebody has asked
  metric_set metrics;
  folder_ptr output_folder;   // set once it has files in it
  clock::time_point started;
  std::chrono::system_clock::time_point started_at;
  uint64_t chunks = 0;
  double first_output = 0;                               // seconds after `started`
  clock::time_point due = clock::time_point::max();      // COG_PREDICT_TIMEOUT
  clock::time_point deadline;                            // its own; like the others, the end of time once it has passed
  clock::time_point end_by = clock::time_point::max();   // COG_CANCEL_TIMEOUT, once it was told to stop
  uint64_t ping = 0;                                     // asked when it was told to stop; 0: none
  publisher events;
  output_uploads uploads;
  bool begun = false;           // false: the process has it, and something else before it
  bool released = false;        // the model is done with it, its files are being uploaded
  uint64_t files_written = 0;   // by the process, as far as it has told
  bool canceled = false;
  std::string why_canceled;   // empty: somebody wanted it
  bool timed_out = false;
  bool expired = false;      // its own deadline has passed
  bool overflowed = false;   // COG_MAX_OUTPUT_MEMORY stood against more of its output

  /// It ends before its time, whatever the model says last.
  bool was_stopped() const { return canceled || timed_out || expired || overflowed; }
  /// Whether the model has it, or had it.
  bool has_run() const { return begun && (number != 0 || batch_size != 0); }

  /// Keeps a text of the process; without a holder: it does not fit, and `overflowed` says so from now on.
  text_slice keep(std::string_view json, std::string_view separator = {});
  /// A chunk, kept, with the files in it. The slice is the chunk alone.
  text_slice add_chunk(std::string_view json, const std::vector<output_file>& files);

  /// It is run again: what the process has said of it so far counts no more, but for its log.
  void start_over();

  /// Its events are told of it, too. What does not fit makes it overflow.
  void record(const metric_frame& metric);

  /// `list`: the model's outputs are lists, so a single value becomes one.
  void set_value(done_frame&& frame, bool list);

  /// Its state now. What is terminal takes the output and the logs along.
  snapshot_ptr snapshot(const model_document* document);
  snapshot_ptr finish(prediction_status status, std::string error);

private:
  std::shared_ptr<prediction_snapshot> describe(prediction_status status) const;
};

}   // namespace cog
