#pragma once
#include "actors/alarm.hpp"
#include "actors/output_files.hpp"
#include "actors/running_batch.hpp"
#include "actors/running_prediction.hpp"
#include "pool/health_state.hpp"
#include "process/frame_order.hpp"
#include "process/run_numbers.hpp"
#include "process/worker_channel.hpp"
#include "settings/server_config.hpp"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cog {

/// Hears what becomes of the predictions of a run_list.
class run_list_owner {
public:
  /// The model is done with it and its slot is free, while its files are still being uploaded.
  virtual void on_released(const request_ptr& request) = 0;
  /// It has ended, or (null) is given back unbegun. Called before anybody else hears of it.
  virtual void on_retired(const request_ptr& request, const snapshot_ptr& end) = 0;
  /// The batch of this number is over, after so many seconds; 0: that says nothing of how long such a batch takes.
  virtual void on_batch_over(uint64_t number, double took) = 0;
  /// Nothing but its end helps: `process_ended` is to follow.
  virtual void end_process(death_kind kind, std::string reason) = 0;
  /// A file is to be uploaded: `on_uploaded` or `on_upload_failed` is to follow.
  virtual void upload(const running_prediction& prediction, const pending_ptr& output, size_t file) = 0;
  /// None of the files in this folder is needed elsewhere any more.
  virtual void stop_uploads(const folder& which) = 0;

protected:
  ~run_list_owner() = default;
};

/// What a run_list has to know of the settings.
struct run_settings {
  uint64_t worker = 0;   // its index, for the log
  bool uploads = false;
  uint64_t max_output_memory = 0;   // for an error
  real_seconds predict_timeout{0};
  real_seconds cancel_timeout{0};
};

/// The predictions that one worker process runs, has been sent ahead, or is done with while their files are uploaded.
/// Several verbs for one prediction: it is *stopped* when the model is asked to end it early, *released* when the model is
/// done with it, *retired* when everybody hears of its end, *given back* when the process never began it.
class run_list {
public:
  using clock = alarm::clock;

  /// When the alarm rings, `on_alarm` is to be called.
  run_list(const run_settings& settings, run_list_owner& owner, std::unique_ptr<alarm> alarm);

  void set_model(description_ptr model) { model_ = std::move(model); }
  /// The channel is used until `process_ended`.
  void process_started(worker_channel& process, output_files files);
  /// How a process has ended: by itself, because we ended it, or as the last one there is.
  enum class end_kind : uint8_t { death, ended, last };
  /// What runs ends as failed with this error, or as canceled; what awaits uploads goes on. What is left of a batch that may
  /// be run again waits for another process, unless this is the last one.
  void process_ended(const std::string& error, end_kind how = end_kind::last);
  /// The process will do nothing more: what it has not begun is somebody else's.
  void give_back_unbegun();
  /// Another process takes over, for this reason: gives back what the process has not begun and stops all the rest.
  void stop_all(const std::string& reason);
  /// The server ends.
  void clear(const std::string& error);

  // -- what clients want -------------------------------------------------------

  /// Runs it, or sends it ahead. One whose input is awaited begins, but is sent by `on_input`.
  void add(std::unique_ptr<running_prediction> prediction);
  /// The next so many that are added are a batch: they go to the process together.
  void begin_batch(uint64_t number, uint64_t count);
  /// Whether some of a batch are to be added.
  bool expects() const { return batch_.missing > 0; }
  void on_input(const request_ptr& request, const prepared_ptr& input);
  void on_input_failed(const request_ptr& request, const std::string& reason);
  /// False: there is none of this request.
  bool cancel(const request_ptr& request);
  running_prediction* find(const std::string& id) const;

  // -- what the process says ---------------------------------------------------

  void on_output(output_frame frame);
  void on_log(const log_frame& frame);
  void on_metric(const metric_frame& frame);
  /// Whether one that had begun has ended.
  bool on_done(worker_socket from, done_frame frame);
  /// The process can take what is still to be run of a batch.
  void go_on();
  /// Whether it has yet to say what became of some of a batch.
  bool is_in_batch() const { return !batch_.in_process.empty(); }
  /// Whether it runs a part of a batch that has failed as a whole.
  bool is_isolating() const { return batch_.isolating && is_in_batch(); }
  /// False: nobody has asked that.
  bool on_pong(uint64_t question);
  /// What has come through a pipe belongs to the one that runs. False: none does.
  bool on_printed(log_source source, std::string_view text);

  // -- and others --------------------------------------------------------------

  void on_uploaded(const request_ptr& request, const pending_ptr& output, size_t file, std::string url);
  void on_upload_failed(const request_ptr& request, const pending_ptr& output, size_t file, const std::string& reason);
  void on_alarm();

  /// Whether exactly one prediction is in the process.
  bool is_single() const { return running_.size() == 1 && running_.front()->number != 0; }
  /// How long the last one took that had begun.
  real_seconds last_took() const { return last_took_; }

private:
  using prediction_ptr = std::unique_ptr<running_prediction>;

  // Its way (run_list.cpp).
  void begin(running_prediction& prediction);
  void begin_next();
  void give_back(size_t place);
  void send(running_prediction& prediction);
  struct outgoing_run {
    std::string prefix;
    std::string_view input;
    std::shared_ptr<const void> holder;
  };
  static outgoing_run run_frame_of(const running_prediction& prediction);
  void send_next();
  bool is_async() const { return model_->async; }
  running_prediction* find(uint64_t number) const;
  running_prediction* find(const request_ptr& request) const;
  running_prediction* find_or_reject(frame_kind kind, uint64_t number);
  void add_log(running_prediction& prediction, log_source source, std::string_view text);
  /// False: it does not fit, so the prediction is stopped, or gone.
  bool add_chunk(running_prediction& prediction, std::string_view json, std::vector<output_file> files);

  // In a batch (run_list_batch.cpp).
  bool batches() const { return model_ && model_->batch.size > 0; }
  void send_when_complete();
  void send_together(const std::vector<running_prediction*>& all);
  bool on_batch_done(done_frame frame);
  void stop_in_batch(running_prediction& prediction);
  void on_batch_stop_ignored();
  void add_log_to_all(log_source source, std::string_view text);
  void divide(std::vector<request_ptr> undone);
  void lose_batch(end_kind how);
  void end_batch(double took);
  bool waits_for_part(const running_prediction& prediction) const;

  // Its end (run_list_end.cpp).
  bool on_done_unbegun(const done_frame& frame);
  void end_run(running_prediction& prediction, done_frame frame);
  void read_pipes();
  void retire_succeeded(running_prediction& prediction, done_frame frame);
  void retire_stopped(running_prediction& prediction);
  void retire(running_prediction& prediction, prediction_status status, std::string error = {});
  void retire_all(const std::string& error);
  prediction_ptr remove(running_prediction& prediction);

  // Its end before its time (run_list_stop.cpp).
  void stop(running_prediction& prediction);
  void stop_input(running_prediction& prediction);
  void on_late(running_prediction& prediction, clock::time_point now);
  void on_stop_ignored(running_prediction& prediction);
  void watch(clock::time_point moment);

  // Its output files (run_list_files.cpp).
  bool measure(running_prediction& prediction, std::vector<output_file>& files);
  void keep_folder(running_prediction& prediction);
  void remove_strays(running_prediction& prediction);
  bool waits_for_uploads(const running_prediction& prediction, const std::vector<output_file>& files) const;
  void await_uploads(running_prediction& prediction, std::string_view json, std::vector<output_file> files,
                     std::optional<done_shape> end = {});
  void flush_uploaded(running_prediction& prediction);
  void release(running_prediction& prediction);

  run_settings settings_;
  run_list_owner& owner_;
  std::unique_ptr<alarm> alarm_;
  clock::time_point alarm_at_ = clock::time_point::max();   // the earliest of the predictions' deadlines
  description_ptr model_;
  worker_channel* process_ = nullptr;   // null: there is none
  std::optional<output_files> files_;   // of this process
  run_numbers numbers_;                 // likewise
  running_batch batch_;
  uint64_t last_ping_ = 0;   // counted over all processes
  uint64_t last_pong_ = 0;
  real_seconds last_took_{};
  std::vector<prediction_ptr> running_;
  std::vector<prediction_ptr> released_;
};

}   // namespace cog
