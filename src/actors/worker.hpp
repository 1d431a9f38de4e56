#pragma once
#include "actors/messages.hpp"
#include "actors/running.hpp"
#include "actors/setup_log.hpp"
#include "caf_asio/pinned.hpp"
#include "io/deadline.hpp"
#include "io/worker_process.hpp"
#include "prediction/config.hpp"
#include "prediction/pool_plan.hpp"
#include "prediction/restart_policy.hpp"
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace cog {

/// What every worker is given; never changed.
struct worker_settings {
  server_config config;
  router_actor router;
  files_actor files;
  transfer_actor transfers;
  devices_actor devices;
  std::shared_ptr<reaper> children;
  std::string root;   // folder for the files of predictions
};
using worker_settings_ptr = std::shared_ptr<const worker_settings>;

/// Owns one Python subprocess and the predictions that run in it; starts it again when it dies.
class worker : public caf_asio::pinned<worker_actor::base>, private process_listener {
public:
  /// `model` is null for worker 0, which finds out.
  worker(caf::actor_config& cfg, net::any_io_executor strand, uint64_t index, description_ptr model,
         worker_settings_ptr settings);

  const char* name() const override { return "worker"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  using clock = std::chrono::steady_clock;
  using running_ptr = std::unique_ptr<running_prediction>;

  // The process (worker.cpp).
  void start();
  void start_process();
  /// In the environment of the process, and so of what it starts.
  std::string mark() const;
  void report(worker_phase phase, const std::string& cause = {});
  void on_frame(const frame& what) override;
  void on_pipe(log_source source, std::string_view text) override;
  void on_death(const std::string& cause) override;
  void end(std::string reason);
  caf::result<caf::unit_t> drain();

  // Its setup (worker_setup.cpp).
  void on_hello(std::string_view payload);
  void on_described(std::string_view payload);
  void on_ready();
  void on_setup_failed(std::string error, const std::string& traceback);
  void on_setup_text(log_source source, std::string_view text);

  // Its health checks (worker_health.cpp).
  caf::result<std::string> check();
  void on_health(std::string_view payload);
  void fail_checks(const std::string& error);

  // Its devices (worker_devices.cpp).
  void ask_lease(uint64_t workers, std::function<void()> then);
  std::optional<uint64_t> known_workers() const;
  void settle_lease();
  std::string lease_text() const;
  void on_poisoned(std::string_view text);
  void on_lost(const std::string& what);
  void give_up(const std::string& reason);

  // Who follows them (worker_events.cpp).
  void emit(running_prediction& prediction, prediction_event event);
  void begin_events(running_prediction& prediction);
  void emit_chunk(running_prediction& prediction, std::string_view json, std::vector<output_file> files);
  void emit_result(running_prediction& prediction, const done_frame& frame);
  void emit_end(running_prediction& prediction, const snapshot_ptr& result);
  caf::result<snapshot_ptr> attach(const std::string& id, const follower_actor& follower);
  void detach(const std::string& id, const follower_actor& follower);

  // Its output files (worker_files.cpp).
  bool take_files(running_prediction& prediction, std::vector<output_file>& files);
  void keep_folder(running_prediction& prediction);
  bool holds(const running_prediction& prediction, const std::vector<output_file>& files) const;
  /// `end`: it is the result of the model, not a chunk.
  void hold(running_prediction& prediction, std::string_view json, std::vector<output_file> files,
            std::optional<done_shape> end = {});
  void tell_held(running_prediction& prediction);
  void release(running_prediction& prediction);
  bool is_released(const running_prediction& prediction) const;
  void stop_uploads(running_prediction& prediction);
  void on_upload(const request_ptr& request, const held_ptr& output, size_t file,
                 const caf::expected<std::string>& url);

  // Its predictions (worker_predictions.cpp).
  caf::result<snapshot_ptr> run(const request_ptr& request, const companions& others);
  void begin_next();
  void send_next();
  void begin(running_prediction& prediction);
  void send_run(running_prediction& prediction);
  caf::result<snapshot_ptr> find(const std::string& id);
  running_prediction* find_number(uint64_t number) const;
  running_prediction* find_request(const request_ptr& request) const;
  running_prediction* find_id(const std::string& id) const;
  void add_log(running_prediction& prediction, log_source source, std::string_view text);
  void stop_inputs(running_prediction& prediction);
  void on_output(std::string_view payload);
  void on_log(std::string_view payload);
  void on_metric(std::string_view payload);
  void on_done(std::string_view payload);
  void succeed(running_prediction& prediction, done_frame frame);
  void end_prediction(std::string_view payload);
  running_ptr take_out(running_prediction& prediction);
  void finish(running_prediction& prediction, prediction_status status, std::string error = {});
  void fail_all(const std::string& error);
  void give_back_next();

  // Their end before their time (worker_stop.cpp).
  void cancel(const request_ptr& request);
  void stop(running_prediction& prediction);
  void finish_stopped(running_prediction& prediction);
  void watch(clock::time_point moment);
  void on_overdue();
  void give_up_on(running_prediction& prediction);

  uint64_t index_;
  description_ptr model_;
  worker_settings_ptr settings_;
  worker_phase phase_ = worker_phase::waiting;
  bool set_up_ = false;   // a setup has succeeded once
  std::shared_ptr<worker_process> process_;
  std::string process_root_;   // folder of this process's output files
  uint64_t generation_ = 0;    // of the process
  lease_ptr lease_;            // null: not known yet; the process has the environment of the server
  bool leasing_ = false;
  bool start_again_ = false;   // the process has a lease for another number of workers
  bool poisoned_ = false;      // the process cannot use its devices any more
  setup_log setup_;
  std::string setup_error_;   // why this process's setup failed
  std::string end_reason_;    // why we ended the process; empty: we did not
  restart_policy restarts_;
  deadline setup_deadline_;
  deadline setup_news_;   // until the next report of what setup has printed
  bool has_setup_news_ = false;
  deadline restart_pause_;
  deadline overdue_;   // the earliest of the predictions'
  clock::time_point overdue_at_ = clock::time_point::max();
  std::chrono::duration<double> last_took_{};   // a prediction
  uint64_t last_number_ = 0;                    // of this process's run frames
  uint64_t last_question_ = 0;
  uint64_t last_pong_ = 0;
  std::vector<running_ptr> running_;
  std::vector<running_ptr> released_;   // the model is done with them, their files are being uploaded
  std::unordered_map<uint64_t, caf::typed_response_promise<std::string>> checks_;   // by question
  deadline check_deadline_;
  deadline exit_deadline_;
  bool draining_ = false;
  std::vector<caf::typed_response_promise<caf::unit_t>> drained_;
};

}   // namespace cog
