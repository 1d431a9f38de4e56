#include "actors/stopper.hpp"
#include <algorithm>
#include <spdlog/spdlog.h>

namespace cog {

namespace {

std::chrono::milliseconds in_ms(real_seconds time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time);
}

}   // namespace

void stopper_state::shutdown() {
  if (stopping) {
    spdlog::warn("server: stop-forced");
    return finish();
  }
  stopping = true;
  if (announce)
    announce();
  self->request(router, caf::infinite, atom::check_v)
    .then(
      [this](const health_ptr& health) {
        if (health->status == health_status::setup_failed)
          failure = make_error(errc::setup_failed, "Setup failed: " + health->cause);
        else if (health->status == health_status::defunct)
          failure = make_error(errc::defunct, to_string(errc::defunct) + ": " + health->cause);
      },
      [](const caf::error&) { /* nothing to tell */ });
  if (delay.count() <= 0)
    return drain();
  spdlog::info("server: stop-announced, drain_delay_s={}", delay.count());
  for (auto& listener : listeners)
    self->send(listener, atom::shutdown_v);
  self->delayed_send(self, in_ms(delay), atom::drain_v);
}

void stopper_state::drain() {
  spdlog::info("server: stopping, timeout_s={}", timeout.count());
  auto done = [this](caf::unit_t) { finish_one(); };
  auto gone = [this](const caf::error&) { finish_one(); };
  unfinished = listeners.size() + 1;
  for (auto& listener : listeners)
    self->request(listener, caf::infinite, atom::drain_v).then(done, gone);
  self->request(router, caf::infinite, atom::drain_v, false).then(done, gone);
  constexpr real_seconds cancel_time{5};
  auto grace = std::max(real_seconds{0}, timeout - cancel_time);
  self->delayed_send(self, in_ms(grace), atom::tick_v, false);
  self->delayed_send(self, in_ms(timeout), atom::tick_v, true);
}

void stopper_state::finish_one() {
  if (--unfinished == 0)
    finish();
}

void stopper_state::finish() {
  self->quit(failure);
}

stopper_actor::behavior_type stopper(stopper_actor::stateful_pointer<stopper_state> self, router_actor router,
                                     real_seconds delay, real_seconds timeout, std::function<void()> announce) {
  self->state.router = std::move(router);
  self->state.delay = delay;
  self->state.timeout = timeout;
  self->state.announce = std::move(announce);
  return {
    [self](atom::start, const listener_actor& listener) { self->state.listeners.push_back(listener); },
    [self](atom::shutdown) { self->state.shutdown(); },
    [self](atom::drain) { self->state.drain(); },
    [self](atom::tick, bool time_is_up) {
      if (time_is_up) {
        spdlog::warn("server: stop-timed-out");
        self->state.finish();
      } else {
        self->request(self->state.router, caf::infinite, atom::drain_v, true)
          .then([](caf::unit_t) { /* the first question is answered, too */ },
                [](const caf::error&) { /* as above */ });
      }
    },
  };
}

}   // namespace cog
