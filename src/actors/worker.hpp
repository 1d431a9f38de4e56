#pragma once
#include "actors/caf.hpp"
#include "actors/health_checks.hpp"
#include "actors/messages.hpp"
#include "actors/run_list.hpp"
#include "actors/setup_log.hpp"
#include "actors/worker_settings.hpp"
#include "caf_asio/pinned.hpp"
#include "io/deadline.hpp"
#include "process/frame_order.hpp"
#include "process/worker_process.hpp"
#include "pool/restart_policy.hpp"
#include <functional>
#include <memory>
#include <vector>

namespace cog {

/// Supervises one Python subprocess: starts it, sees it set up, hears what it says, and starts it again when it dies. What
/// it runs is its `run_list`'s.
class worker : public caf_asio::pinned<worker_actor::base>, private process_listener, private run_list_owner {
public:
  /// `model` is null for worker 0, which finds out.
  worker(caf::actor_config& cfg, net::any_io_executor strand, uint64_t index, description_ptr model,
         worker_settings_ptr settings);

  const char* name() const override { return "worker"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  using clock = std::chrono::steady_clock;

  /// What there is to say of one process; begins anew with the next.
  struct process_state {
    uint64_t generation = 0;
    std::string folder;   // of its output files
    frame_order order;
    std::string setup_error;   // why its setup failed
    std::string setup_line;    // the same in one line, as it puts it
    std::string end_reason;    // why we ended it; empty: we did not
    death_kind end_kind = death_kind::crash;
    bool has_spoken = false;    // it has said hello
    bool lacked = false;        // it ends because the machine was short of something
    bool poisoned = false;      // it cannot use its devices any more
    bool start_again = false;   // it has a lease for another number of workers
  };

  // Its life (worker.cpp).
  void start();
  void start_process();
  void postpone(const std::string& problem);
  void report(worker_phase phase, const std::string& cause = {});
  void end_process(death_kind kind, std::string reason) override;
  void on_broken(const std::string& problem) override;
  void on_death(const std::string& cause) override;
  void on_setup_death(const std::string& cause);
  caf::result<caf::unit_t> drain();
  void leave(const std::string& reason);

  // What it says (worker_frames.cpp).
  void on_frame(worker_socket from, const frame& what) override;
  void on_log(const log_frame& frame);
  void on_done(worker_socket from, done_frame frame);
  void on_pipe(log_source source, std::string_view text) override;

  // Its setup (worker_setup.cpp).
  bool has_worked() const { return index_ > 0 || set_up_; }   // the model, in some process of this server
  bool is_in_first_setup() const { return phase_ != worker_phase::ready && !set_up_; }
  void on_hello(const hello_frame& hello);
  void on_described(const described_frame& described);
  void on_ready();
  void on_setup_failed(setup_failed_frame failure);
  void on_setup_text(log_source source, std::string_view text);

  // Its devices (worker_devices.cpp).
  void ask_lease(uint64_t workers, std::function<void()> then);
  void settle_lease();
  void on_devices_free();
  void on_poisoned(std::string_view text);
  void on_lost(const std::string& what);
  void give_up(const std::string& reason);

  // Between its rooms and the other actors (worker_links.cpp).
  caf::result<snapshot_ptr> run(const request_ptr& asked, const prediction_links& links);
  void stay_awake();
  void cancel(const request_ptr& asked);
  void run_batch(uint64_t number, uint64_t count);
  caf::result<snapshot_ptr> find(const std::string& id);
  event_follower teller(const follower_actor& follower);
  caf::result<snapshot_ptr> attach(const std::string& id, const follower_actor& follower);
  caf::result<snapshot_ptr> watch(const std::string& id, const follower_actor& watcher);
  void detach(const std::string& id, const follower_actor& follower);
  caf::result<std::string> check();
  void on_released(const request_ptr& asked) override;
  void on_retired(const request_ptr& asked, const snapshot_ptr& end) override;
  void on_batch_over(uint64_t number, double took) override;
  void upload(const running_prediction& prediction, const pending_ptr& output, size_t file) override;
  void stop_uploads(const folder& which) override;

  uint64_t index_;
  description_ptr model_;
  worker_settings_ptr settings_;
  worker_phase phase_ = worker_phase::waiting;
  bool set_up_ = false;   // a setup has succeeded once
  std::shared_ptr<worker_process> process_;
  process_state state_;   // of the process, or of the last one
  lease_ptr lease_;       // null: not known yet; the process has the environment of the server
  bool leasing_ = false;
  bool waits_for_devices_;   // others hold them
  setup_log setup_;
  restart_policy restarts_;
  deadline setup_deadline_;
  deadline setup_news_;   // until the next report of what setup has printed
  deadline restart_pause_;
  deadline exit_deadline_;
  run_list runs_;
  health_checks checks_;
  bool draining_ = false;
  std::vector<caf::typed_response_promise<caf::unit_t>> drained_;
};

}   // namespace cog
