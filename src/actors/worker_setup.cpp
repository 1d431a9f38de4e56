#include "actors/describe_model.hpp"
#include "actors/worker.hpp"
#include <spdlog/spdlog.h>

// From the first word of a process to its readiness.

namespace cog {

namespace {

constexpr std::chrono::milliseconds setup_news_pause{100};

}   // namespace

void worker::on_hello(const hello_frame& hello) {
  if (hello.protocol != protocol_version) {
    state_.setup_error =
      "the worker process speaks another protocol: the Python package `cog` it imports is not the one of "
      "this server; install the wheel of cog again";
    return process_->kill();
  }
  if (!set_up_) {
    setup_.set_versions(hello.python, hello.sdk);
    setup_.note("python sdk " + hello.sdk);
    setup_.note("python " + hello.python);
    setup_.note("Connected to slot transport");
    setup_.note("File descriptor redirection complete");
    if (index_ == 0)
      report(worker_phase::starting);
  }
  if (settings_->config.setup_timeout.count() > 0)
    setup_deadline_.set(settings_->config.setup_timeout);
}

void worker::on_described(const described_frame& described) {
  if (model_)
    return;
  auto config = settings_->config;
  if (config.workers_by_gpu && lease_)
    config.workers = lease_->workers;
  std::string problem;
  model_ = describe_model(config, described, problem, settings_->source);
  if (!model_) {
    state_.setup_error = std::move(problem);
    return process_->kill();
  }
  runs_.set_model(model_);
  send(settings_->router, atom::describe_v, model_);
  settle_lease();
}

void worker::on_ready() {
  setup_deadline_.clear();
  restarts_.ready(clock::now());
  process_->read_pipes();   // what setup has printed
  if (!std::exchange(set_up_, true)) {
    setup_.note("Server ready");
    setup_.end({});
  }
  report(worker_phase::ready);
  runs_.go_on();
  spdlog::info("worker: ready, worker={} pid={}", index_, process_->pid());
}

void worker::on_setup_failed(setup_failed_frame failure) {
  state_.setup_error = std::move(failure.error);
  state_.setup_line = std::move(failure.line);
  state_.lacked = failure.shortage && has_worked();
  if (!set_up_)
    setup_.print(log_source::err, failure.traceback);
}

/// What slow setups print is shown while they run.
void worker::on_setup_text(log_source source, std::string_view text) {
  setup_.print(source, text);
  if (index_ == 0 && !setup_news_.is_set())
    setup_news_.set(setup_news_pause);
}

}   // namespace cog
