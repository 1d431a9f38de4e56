#include "actors/stopper.hpp"
#include <algorithm>
#include <spdlog/spdlog.h>

namespace cog {

void stopper_state::shutdown() {
  if (stopping) {
    spdlog::warn("server: stop-forced");
    return self->quit();
  }
  stopping = true;
  spdlog::info("server: stopping, timeout_s={}", timeout.count());
  auto done = [this](caf::unit_t) { finish_one(); };
  auto gone = [this](const caf::error&) { finish_one(); };
  self->request(listener, caf::infinite, atom::drain_v).then(done, gone);
  self->request(router, caf::infinite, atom::drain_v, false).then(done, gone);
  constexpr seconds cancel_time{5};
  auto grace = std::max(seconds{0}, timeout - cancel_time);
  self->delayed_send(self, std::chrono::duration_cast<std::chrono::milliseconds>(grace), atom::tick_v, false);
  self->delayed_send(self, std::chrono::duration_cast<std::chrono::milliseconds>(timeout), atom::tick_v, true);
}

void stopper_state::finish_one() {
  if (--unfinished == 0)
    self->quit();
}

stopper_actor::behavior_type stopper(stopper_actor::stateful_pointer<stopper_state> self, router_actor router,
                                     seconds timeout) {
  self->state.router = std::move(router);
  self->state.timeout = timeout;
  return {
    [self](atom::start, const listener_actor& listener) { self->state.listener = listener; },
    [self](atom::shutdown) { self->state.shutdown(); },
    [self](atom::tick, bool time_is_up) {
      if (time_is_up) {
        spdlog::warn("server: stop-timed-out");
        self->quit();
      } else {
        self->request(self->state.router, caf::infinite, atom::drain_v, true)
          .then([](caf::unit_t) { /* the first question is answered, too */ },
                [](const caf::error&) { /* as above */ });
      }
    },
  };
}

}   // namespace cog
