#pragma once
#include "actors/caf.hpp"
#include "actors/messages.hpp"
#include "settings/server_config.hpp"
#include <functional>

namespace cog {

/// Leads the stop of the server: first announces it for a while, for whoever still sends requests here, then lets what
/// waits and runs come to its end, then cancels it, then gives up. It ends when all is done, or the time is up, or it is
/// told a second time; with an error when the model could not run, which is then what a person wants to know.
struct stopper_state {
  explicit stopper_state(stopper_actor::pointer self) : self{self} {
    // nop
  }

  void shutdown();
  void drain();
  void finish_one();
  void finish();

  stopper_actor::pointer self;
  router_actor router;
  std::vector<listener_actor> listeners;
  real_seconds delay{0};
  real_seconds timeout{0};
  std::function<void()> announce;   // that the stop begins; may be empty
  bool stopping = false;
  caf::error failure;      // why no prediction could run
  size_t unfinished = 0;   // listeners and the router
  static inline const char* name = "stopper";
};

/// `delay`: COG_DRAIN_DELAY; `timeout`: COG_SHUTDOWN_TIMEOUT, from the end of the delay.
stopper_actor::behavior_type stopper(stopper_actor::stateful_pointer<stopper_state> self, router_actor router,
                                     real_seconds delay, real_seconds timeout, std::function<void()> announce = {});

}   // namespace cog
