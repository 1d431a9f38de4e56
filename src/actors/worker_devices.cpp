#include "actors/worker.hpp"
#include "actors/worker_command.hpp"
#include <spdlog/spdlog.h>

namespace cog {

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
  if (waits_for_devices_)
    return;
  if (lease_ && !lease_->environment.empty() && lease_->workers != model_->workers) {
    state_.start_again = true;
    return process_->kill();
  }
  if (lease_)
    return;
  ask_lease(model_->workers, [this, generation = state_.generation] {
    if (process_ && generation == state_.generation)
      process_->send_control(lease_frame(lease_text(*lease_, settings_->config)));
  });
}

void worker::on_devices_free() {
  waits_for_devices_ = false;
  if (process_ && model_)
    settle_lease();
}

/// The process cannot use its devices any more: it gets nothing more to do, and is ended when the prediction that has
/// found out has ended.
void worker::on_poisoned(std::string_view text) {
  if (phase_ != worker_phase::ready)
    return;
  state_.poisoned = true;
  state_.end_kind = death_kind::cuda;
  state_.end_reason = "Worker ended: its CUDA context is spoilt: " + std::string{text};
  report(worker_phase::restarting, state_.end_reason);
  runs_.give_back_unbegun();
}

void worker::on_lost(const std::string& what) {
  if (!process_)
    return;
  if (!set_up_)
    state_.setup_error = what;
  end_process(death_kind::device, what);
}

void worker::give_up(const std::string& reason) {
  send(settings_->devices, atom::release_v, index_);
  if (process_)
    return on_lost(reason);
  spdlog::error("worker: given-up, worker={} cause={}", index_, reason);
  if (has_worked())
    return report(worker_phase::given_up, reason);
  setup_.end(reason);
  report(worker_phase::failed, reason);
}

}   // namespace cog
