#include "actors/worker.hpp"
#include <spdlog/spdlog.h>

// From the first word of a process to its readiness.

namespace cog {

namespace {

constexpr std::chrono::milliseconds setup_news_pause{100};

}   // namespace

void worker::on_hello(std::string_view payload) {
  auto hello = parse_hello(payload);
  if (!hello || hello->protocol != protocol_version) {
    setup_error_ =
      "the worker process speaks another protocol: the Python package `cog` it imports is not the one of "
      "this server; reinstall cog-cpp";
    return process_->kill();
  }
  if (!set_up_) {
    setup_.set_versions(hello->python, hello->sdk);
    setup_.note("python sdk " + hello->sdk);
    setup_.note("python " + hello->python);
    setup_.note("Connected to slot transport");
    setup_.note("File descriptor redirection complete");
    if (index_ == 0)
      report(worker_phase::starting);
  }
  if (settings_->config.setup_timeout.count() > 0)
    setup_deadline_.set(settings_->config.setup_timeout);
}

void worker::on_described(std::string_view payload) {
  auto described = parse_described(payload);
  if (!described)
    return process_->kill();
  if (model_)
    return;
  auto config = settings_->config;
  if (config.workers_by_gpu && lease_)
    config.workers = lease_->workers;
  std::string problem;
  auto text = config.openapi_schema.empty() ? described->document : std::string_view{config.openapi_schema};
  auto document = text.empty() ? nullptr : make_document(text, problem);
  if (!problem.empty())
    spdlog::warn("worker: schema-problem, problem={}", problem);
  if (!config.bundled_schema.empty() && config.openapi_schema.empty()) {
    auto bundled = make_document(config.bundled_schema, problem);
    if (!bundled || !document || bundled->json != document->json)
      spdlog::warn("worker: schema-differs, .cog/openapi_schema.json is not what the model says; the model's is used");
  }
  auto plan = plan_pool(config, described->async, described->concurrency);
  auto model = std::make_shared<model_description>();
  model->document = std::move(document);
  model->async = described->async;
  model->healthcheck = described->healthcheck;
  model->training = described->training;
  model->concurrency = described->concurrency;
  model->workers = plan.workers;
  model->capacity = plan.capacity;
  model_ = std::move(model);
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
  spdlog::info("worker: ready, worker={} pid={}", index_, process_->pid());
}

void worker::on_setup_failed(std::string error, const std::string& traceback) {
  setup_error_ = std::move(error);
  if (!set_up_)
    setup_.print(log_source::err, traceback);
}

/// What slow setups print is shown while they run.
void worker::on_setup_text(log_source source, std::string_view text) {
  setup_.print(source, text);
  if (index_ == 0 && !std::exchange(has_setup_news_, true))
    setup_news_.set(setup_news_pause);
}

}   // namespace cog
