#include "actors/worker.hpp"
#include "actors/prediction_log.hpp"
#include "io/folder.hpp"
#include "io/process_tree.hpp"
#include <algorithm>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace cog {

namespace {

// The working directory enters sys.path only after the worker's own imports.
constexpr const char* start_code =
  "import sys; sys.path[:] = [p for p in sys.path if p]; "
  "from cog._worker import main; main(sys.argv[1:])";
constexpr std::chrono::seconds exit_limit{3};   // for exit handlers, once nothing runs any more

/// Ours, with `own` variables (NAME=value) in place of those of the same names.
std::vector<std::string> worker_environment(const server_config& config, std::vector<std::string> own) {
  if (!config.preload.empty())
    own.push_back("LD_PRELOAD=" + config.preload);
  auto is_replaced = [&](std::string_view variable) {
    auto name = variable.substr(0, variable.find('=') + 1);
    return name == "LD_PRELOAD=" || name == "COG_LD_PRELOAD=" ||
      std::any_of(own.begin(), own.end(), [&](auto& entry) { return entry.starts_with(name); });
  };
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (!is_replaced(*entry))
      own.emplace_back(*entry);
  return own;
}

}   // namespace

worker::worker(caf::actor_config& cfg, net::any_io_executor strand, uint64_t index, description_ptr model,
               worker_settings_ptr settings)
  : pinned{cfg, std::move(strand)},
    index_{index},
    model_{std::move(model)},
    settings_{std::move(settings)},
    restarts_{settings_->config.restarts},
    setup_deadline_{this->strand(),
                    [this] {
                      setup_error_ = fmt::format("worker setup timed out after {} seconds (COG_SETUP_TIMEOUT)",
                                                 settings_->config.setup_timeout.count());
                      process_->kill();
                    }},
    setup_news_{this->strand(),
                [this] {
                  has_setup_news_ = false;
                  if (phase_ == worker_phase::starting)
                    report(phase_);
                }},
    restart_pause_{this->strand(), [this] { start(); }},
    overdue_{this->strand(), [this] { on_overdue(); }},
    check_deadline_{this->strand(), [this] { fail_checks("healthcheck timed out"); }},
    exit_deadline_{this->strand(), [this] { process_->kill(); }} {
  // nop
}

worker::behavior_type worker::make_behavior() {
  return {
    [this](atom::start) { start(); },
    [this](atom::run, const request_ptr& request, const companions& others) { return run(request, others); },
    [this](atom::cancel, const request_ptr& request) { cancel(request); },
    [this](atom::find, const std::string& id) { return find(id); },
    [this](atom::attach, const std::string& id, const follower_actor& follower) { return attach(id, follower); },
    [this](atom::detach, const std::string& id, const follower_actor& follower) { detach(id, follower); },
    [this](atom::check) { return check(); },
    [this](atom::drain) { return drain(); },
    [this](atom::lost, const std::string& what) { on_lost(what); },
  };
}

void worker::on_exit() {
  if (process_)
    std::exchange(process_, nullptr)->detach();
  fail_all("The server has ended");
  while (!released_.empty())
    finish(*released_.back(), prediction_status::failed, "The server has ended");
  fail_checks({});
  for (auto& promise : drained_)
    promise.deliver(caf::unit);
  restart_pause_.clear();
  overdue_.clear();
  check_deadline_.clear();
  setup_deadline_.clear();
  setup_news_.clear();
  exit_deadline_.clear();
  settings_ = nullptr;
}

void worker::report(worker_phase phase, const std::string& cause) {
  phase_ = phase;
  worker_report report;
  report.index = index_;
  report.phase = phase;
  report.set_up = set_up_;
  report.cause = cause;
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
  if (auto workers = known_workers())
    return ask_lease(*workers, [this] { start_process(); });
  start_process();
}

void worker::start_process() {
  auto& config = settings_->config;
  ++generation_;
  last_number_ = 0;
  setup_error_.clear();
  end_reason_.clear();
  poisoned_ = false;
  process_root_ = fmt::format("{}/worker-{}.{}", settings_->root, index_, generation_);
  if (!set_up_) {
    setup_.begin();
    setup_.note("Spawning worker subprocess");
    if (phase_ == worker_phase::waiting)
      report(worker_phase::starting);
  }
  subprocess_spec spec;
  spec.argv = {config.python,
               "-c",
               start_code,
               "--data",
               std::to_string(worker_data_fd),
               "--control",
               std::to_string(worker_control_fd),
               "--lifeline",
               std::to_string(worker_lifeline_fd),
               "--ref",
               config.reference,
               "--mode",
               config.mode,
               "--worker",
               std::to_string(index_),
               "--folder",
               process_root_,
               "--lease",
               lease_ ? lease_text() : "wait"};
  auto own = lease_ ? lease_->environment : std::vector<std::string>{};
  own.push_back(mark());
  if (config.ignore_gpus)
    own.emplace_back("CUDA_VISIBLE_DEVICES=-1");
  spec.env = worker_environment(config, std::move(own));
  spec.working_directory = config.project;
  spec.soft_file_limit = config.soft_file_limit;
  std::string problem;
  auto child = cog::spawn(spec, *settings_->children, problem);
  if (!child)
    return on_death("failed to spawn worker: " + problem);
  spdlog::info("worker: started, worker={} pid={}", index_, child->pid);
  process_listener& listener = *this;
  process_ = std::make_shared<worker_process>(strand(), std::move(*child), settings_->children, listener);
  process_->start();
}

void worker::on_frame(const frame& what) {
  switch (what.kind) {
    case frame_kind::done:
      return on_done(what.payload);
    case frame_kind::output:
      return on_output(what.payload);
    case frame_kind::log:
      return on_log(what.payload);
    case frame_kind::metric:
      return on_metric(what.payload);
    case frame_kind::hello:
      return on_hello(what.payload);
    case frame_kind::described:
      return on_described(what.payload);
    case frame_kind::ready:
      return on_ready();
    case frame_kind::setup_failed:
      if (auto failure = parse_setup_failed(what.payload))
        on_setup_failed(std::move(failure->error), failure->traceback);
      return;
    case frame_kind::poisoned:
      return on_poisoned(what.payload);
    case frame_kind::health:
      return on_health(what.payload);
    case frame_kind::pong:
      last_pong_ = parse_pong(what.payload).value_or(last_pong_);
      return;
    case frame_kind::run:
    case frame_kind::cancel:
    case frame_kind::healthcheck:
    case frame_kind::ping:
    case frame_kind::end:
    case frame_kind::lease:
      break;
  }
  spdlog::error("worker: unexpected-frame, worker={} kind={}", index_, static_cast<int>(what.kind));
}

void worker::on_pipe(log_source source, std::string_view text) {
  if (phase_ != worker_phase::ready && !set_up_)
    return on_setup_text(source, text);
  if (!running_.empty() && slots_of_worker(*model_, index_) == 1)
    return add_log(*running_.front(), source, text);
  log_printed(nullptr, index_, source, text);
}

std::string worker::mark() const {
  return "COG_WORKER_FOLDER=" + process_root_;
}

void worker::on_death(const std::string& cause) {
  if (std::exchange(process_, nullptr)) {
    auto alone = !model_ || model_->workers == 1;
    end_descendants(settings_->children->workers(), alone ? std::string{} : mark());
  }
  setup_deadline_.clear();
  exit_deadline_.clear();
  if (draining_) {
    fail_all("The server is shutting down");
    fail_checks({});
    for (auto& promise : std::exchange(drained_, {}))
      promise.deliver(caf::unit);
    return;
  }
  if (std::exchange(start_again_, false))
    return start();
  auto reason = !end_reason_.empty() ? end_reason_ : !setup_error_.empty() ? setup_error_ : "Worker crashed: " + cause;
  if (index_ == 0 && !set_up_) {
    auto error = setup_error_.empty() ? "worker crashed: " + cause : "worker setup failed: " + setup_error_;
    setup_.end(error);
    spdlog::error("worker: setup-failed, {}", error);
    return report(worker_phase::failed, error);
  }
  std::optional<clock::duration> pause = clock::duration::zero();
  if (end_reason_.empty())
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
  give_back_next();
  fail_all(reason);
  fail_checks("Worker crashed");
  if (pause)
    restart_pause_.set(*pause);
}

void worker::end(std::string reason) {
  end_reason_ = std::move(reason);
  process_->kill();
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

}   // namespace cog
