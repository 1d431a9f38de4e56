#include "actors/worker.hpp"
#include "prediction/json_text.hpp"
#include <fstream>
#include <iterator>
#include <spdlog/spdlog.h>

namespace cog {

namespace {

/// A guess that costs no import: what is asynchronous by inheritance alone is not recognised.
bool looks_synchronous(const server_config& config) {
  std::ifstream source{config.project + "/" + config.reference.substr(0, config.reference.find(':'))};
  std::string text{std::istreambuf_iterator<char>{source}, {}};
  return !text.empty() && text.find("async") == text.npos;
}

}   // namespace

/// Among how many workers the devices are divided (0: as many as there are devices). Where that follows from the model
/// alone it is not known before the model was described: the process starts without a lease then, and waits for it before
/// its setup.
std::optional<uint64_t> worker::known_workers() const {
  auto& config = settings_->config;
  if (model_)
    return model_->workers;
  if (config.workers_by_gpu)
    return 0;
  if (config.workers > 1)
    return config.workers;
  if (config.workers == 0 && config.max_concurrency > 1 && looks_synchronous(config))
    return config.max_concurrency;
  return std::nullopt;
}

void worker::ask_lease(uint64_t workers, std::function<void()> then) {
  leasing_ = true;
  request(settings_->devices, caf::infinite, atom::lease_v, index_, workers,
          caf::actor_cast<worker_actor>(caf::strong_actor_ptr{ctrl()}))
    .then(
      [this, then = std::move(then)](const lease_ptr& lease) {
        leasing_ = false;
        lease_ = lease;
        if (!draining_)
          then();
      },
      [this](const caf::error& error) {
        leasing_ = false;
        give_up(text_of(error));
      });
}

/// The model is described: gives the process that waits for it its lease, or starts it again when it has a wrong one.
void worker::settle_lease() {
  if (lease_ && !lease_->environment.empty() && lease_->workers != model_->workers) {
    start_again_ = true;
    return process_->kill();
  }
  if (lease_)
    return;
  ask_lease(model_->workers, [this, generation = generation_] {
    if (process_ && generation == generation_)
      process_->send_control(lease_frame(lease_text()));
  });
}

std::string worker::lease_text() const {
  auto& config = settings_->config;
  bool many = lease_->workers > 1;
  std::string text = R"({"environment":{)";
  for (std::string_view variable : lease_->environment) {
    if (text.back() != '{')
      text += ',';
    append_json_string(text, variable.substr(0, variable.find('=')));
    text += ':';
    append_json_string(text, variable.substr(variable.find('=') + 1));
  }
  text += R"(},"devices":[)";
  for (auto& device : lease_->devices) {
    if (text.back() != '[')
      text += ',';
    append_json_string(text, describe(device));
  }
  text += R"(],"context":)";
  append_json_string(text, !config.cuda_context.empty() ? config.cuda_context : many ? "early" : "late");
  text += many || !config.cuda_context.empty() ? R"(,"required":true})" : R"(,"required":false})";
  return text;
}

/// The process cannot use its devices any more: it gets nothing more to do, and is ended when the prediction that has
/// found out has ended.
void worker::on_poisoned(std::string_view text) {
  if (phase_ != worker_phase::ready)
    return;
  poisoned_ = true;
  end_reason_ = "Worker ended: its CUDA context is spoilt: " + std::string{text};
  report(worker_phase::restarting, end_reason_);
  give_back_next();
}

void worker::on_lost(const std::string& what) {
  if (!process_)
    return;
  if (!set_up_)
    setup_error_ = what;
  end(what);
}

void worker::give_up(const std::string& reason) {
  send(settings_->devices, atom::release_v, index_);
  if (process_)
    return on_lost(reason);
  spdlog::error("worker: given-up, worker={} cause={}", index_, reason);
  if (index_ > 0 || set_up_)
    return report(worker_phase::given_up, reason);
  setup_.end(reason);
  report(worker_phase::failed, reason);
}

}   // namespace cog
