#include "actors/worker.hpp"
#include "actors/deadline_alarm.hpp"
#include "actors/worker_command.hpp"
#include "process/exit_cause.hpp"
#include "process/process_tree.hpp"
#include <spdlog/spdlog.h>

namespace cog {

namespace {

constexpr std::chrono::seconds exit_limit{3};    // for exit handlers, once nothing runs any more
constexpr std::chrono::seconds leave_limit{1};   // from a cancel, once others take over

run_settings make_run_settings(const server_config& config, uint64_t index) {
  return {.worker = index,
          .uploads = !config.upload_url.empty(),
          .max_output_memory = config.max_output_memory,
          .predict_timeout = config.predict_timeout,
          .cancel_timeout = config.cancel_timeout};
}

}   // namespace

worker::worker(caf::actor_config& cfg, net::any_io_executor strand, uint64_t index, description_ptr model,
               worker_settings_ptr settings)
  : pinned{cfg, std::move(strand)},
    index_{index},
    model_{std::move(model)},
    settings_{std::move(settings)},
    waits_for_devices_{settings_->waits_for_devices},
    restarts_{settings_->config.restarts},
    setup_deadline_{this->strand(),
                    [this] {
                      state_.setup_error = fmt::format("worker setup timed out after {} seconds (COG_SETUP_TIMEOUT)",
                                                       settings_->config.setup_timeout.count());
                      process_->kill();
                    }},
    setup_news_{this->strand(),
                [this] {
                  if (phase_ == worker_phase::starting)
                    report(phase_);
                }},
    restart_pause_{this->strand(), [this] { start(); }},
    exit_deadline_{this->strand(), [this] { process_->kill(); }},
    runs_{make_run_settings(settings_->config, index_), *this,
          std::make_unique<deadline_alarm>(this->strand(), [this] { runs_.on_alarm(); })},
    checks_{std::make_unique<deadline_alarm>(this->strand(), [this] { checks_.on_alarm(); })} {
  runs_.set_model(model_);
}

worker::behavior_type worker::make_behavior() {
  return {
    [this](atom::start) { start(); },
    [this](atom::run, const request_ptr& request, const prediction_links& links) { return run(request, links); },
    [this](atom::batch, uint64_t number, uint64_t count) { run_batch(number, count); },
    [this](atom::cancel, const request_ptr& request) { cancel(request); },
    [this](atom::find, const std::string& id) { return find(id); },
    [this](atom::attach, const std::string& id, const follower_actor& follower) { return attach(id, follower); },
    [this](atom::watch, const std::string& id, const follower_actor& watcher) { return watch(id, watcher); },
    [this](atom::detach, const std::string& id, const follower_actor& follower) { detach(id, follower); },
    [this](atom::check) { return check(); },
    [this](atom::drain) { return drain(); },
    [this](atom::reload, const std::string& reason) { leave(reason); },
    [this](atom::lease) { on_devices_free(); },
    [this](atom::lost, const std::string& what) { on_lost(what); },
  };
}

void worker::on_exit() {
  if (process_)
    std::exchange(process_, nullptr)->detach();
  runs_.clear("The server has ended");
  checks_.answer_all({});
  for (auto& promise : drained_)
    promise.deliver(caf::unit);
  restart_pause_.clear();
  setup_deadline_.clear();
  setup_news_.clear();
  exit_deadline_.clear();
  settings_ = nullptr;
}

void worker::report(worker_phase phase, const std::string& cause) {
  phase_ = phase;
  worker_report report;
  report.index = index_;
  report.source = settings_->source;
  report.phase = phase;
  report.set_up = set_up_;
  report.cause = cause;
  report.kind = state_.end_kind;
  report.pid = process_ ? process_->pid() : 0;
  report.deaths_in_a_row = restarts_.deaths();
  if (lease_)
    for (auto& device : lease_->devices)
      report.devices.push_back(device.uuid);
  if (index_ == 0)
    report.setup = setup_.result();
  send(settings_->router, atom::report_v, report);
}

void worker::start() {
  if (draining_ || process_ || leasing_)
    return;
  if (auto workers = known_workers(settings_->config, model_); workers && !waits_for_devices_)
    return ask_lease(*workers, [this] { start_process(); });
  start_process();
}

void worker::start_process() {
  auto generation = state_.generation + 1;
  state_ = {};
  state_.generation = generation;
  auto source = settings_->source > 0 ? fmt::format(".{}", settings_->source) : std::string{};
  state_.folder = fmt::format("{}/worker-{}{}.{}", settings_->root, index_, source, generation);
  if (!set_up_) {
    setup_.begin();
    setup_.note("Spawning worker subprocess");
    if (phase_ == worker_phase::waiting)
      report(worker_phase::starting);
  }
  auto spec = worker_command(settings_->config, index_, state_.folder, lease_.get());
  spawn_problem problem;
  auto child = cog::spawn(spec, *settings_->children, problem);
  if (!child)
    return problem.is_passing ? postpone(problem.text) : on_death("failed to spawn worker: " + problem.text);
  spdlog::info("worker: started, worker={} pid={}", index_, child->pid);
  process_listener& listener = *this;
  process_ = std::make_shared<worker_process>(strand(), std::move(*child), settings_->children, listener);
  if (!process_->start(problem.text)) {
    process_ = nullptr;
    return postpone(problem.text);
  }
  runs_.process_started(*process_, output_files{state_.folder, [files = settings_->files](std::string path) {
                                                  caf::anon_send(files, atom::sweep_v, std::move(path));
                                                }});
}

/// There is no process for want of something, which is no death: another try before long, however often it takes.
void worker::postpone(const std::string& problem) {
  auto pause = restarts_.lacked();
  spdlog::warn("worker: start-postponed, worker={} cause=\"{}\" next_try_in_ms={}", index_, problem,
               std::chrono::duration_cast<std::chrono::milliseconds>(pause).count());
  report(phase_, problem);
  restart_pause_.set(pause);
}

void worker::end_process(death_kind kind, std::string reason) {
  state_.end_kind = kind;
  state_.end_reason = std::move(reason);
  process_->kill();
}

void worker::on_broken(const std::string& problem) {
  spdlog::error("worker: unreachable, worker={} problem=\"{}\"", index_, problem);
  if (!state_.end_reason.empty() || !state_.setup_error.empty())
    return;
  state_.lacked = true;
  state_.end_reason = "Worker ended: " + problem;
}

void worker::on_death(const std::string& cause) {
  if (state_.end_reason.empty())
    state_.end_kind = state_.setup_error.empty() ? kind_of_exit(cause) : death_kind::setup;
  auto process = std::exchange(process_, nullptr);
  if (process) {
    auto alone = (!model_ || model_->workers == 1) && !settings_->config.reload;
    end_descendants(settings_->children->workers(), alone ? std::string{} : worker_mark(state_.folder));
  }
  setup_deadline_.clear();
  exit_deadline_.clear();
  if (draining_) {
    runs_.process_ended("The server is shutting down");
    checks_.answer_all({});
    for (auto& promise : std::exchange(drained_, {}))
      promise.deliver(caf::unit);
    return;
  }
  // Python itself has not come up, though it did before: that is no fault of the model.
  if (process && !state_.has_spoken && has_worked() && state_.end_reason.empty())
    state_.lacked = true;
  if (state_.start_again || (!has_worked() && !state_.lacked)) {
    runs_.process_ended(cause);   // it ran nothing yet
    return state_.start_again ? start() : on_setup_death(cause);
  }
  auto reason = !state_.end_reason.empty() ? state_.end_reason
    : !state_.setup_error.empty()          ? state_.setup_error
                                           : "Worker crashed: " + cause;
  std::optional<clock::duration> pause = clock::duration::zero();
  if (state_.lacked)
    pause = restarts_.lacked();
  else if (state_.end_reason.empty() && !runs_.is_isolating())
    pause = restarts_.died(clock::now());
  else
    restarts_.ended();
  if (pause)
    spdlog::warn("worker: lost, worker={} cause={} restart_in_ms={}", index_, reason,
                 std::chrono::duration_cast<std::chrono::milliseconds>(*pause).count());
  else
    spdlog::error("worker: given-up, worker={} deaths={} cause={}", index_, restarts_.deaths(), reason);
  if (!pause)
    send(settings_->devices, atom::release_v, index_);
  report(pause ? worker_phase::restarting : worker_phase::given_up, reason);
  runs_.give_back_unbegun();
  auto how = state_.end_reason.empty() ? run_list::end_kind::death : run_list::end_kind::ended;
  runs_.process_ended(reason, pause ? how : run_list::end_kind::last);
  checks_.answer_all("Worker crashed");
  if (pause)
    restart_pause_.set(*pause);
}

/// The model's first setup has failed: only a new server mends that.
void worker::on_setup_death(const std::string& cause) {
  auto& failure = state_.setup_error;
  auto error = failure.empty() ? "worker crashed: " + cause : "worker setup failed: " + failure;
  setup_.end(error, state_.setup_line);
  spdlog::error("worker: setup-failed, {}", error);
  auto& shown = !state_.setup_line.empty() ? state_.setup_line : !failure.empty() ? failure : error;
  report(worker_phase::failed, shown);
}

caf::result<caf::unit_t> worker::drain() {
  draining_ = true;
  restart_pause_.clear();
  if (!process_)
    return caf::unit;
  drained_.push_back(make_response_promise<caf::unit_t>());
  if (phase_ == worker_phase::ready) {
    process_->send_control(end_frame());
    exit_deadline_.set(exit_limit);
  } else {
    process_->kill();
  }
  return drained_.back();
}

void worker::leave(const std::string& reason) {
  draining_ = true;
  restart_pause_.clear();
  if (!process_)
    return;
  runs_.stop_all(reason);
  exit_deadline_.set(leave_limit);
}

}   // namespace cog
