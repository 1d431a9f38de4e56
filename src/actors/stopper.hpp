#pragma once
#include "actors/messages.hpp"
#include "prediction/config.hpp"

namespace cog {

/// Leads the stop of the server: first lets what runs come to its end, then cancels it, then gives up. It ends when all
/// is done, or the time is up, or it is told a second time.
struct stopper_state {
  explicit stopper_state(stopper_actor::pointer self) : self{self} {
    // nop
  }

  void shutdown();
  void finish_one();

  stopper_actor::pointer self;
  router_actor router;
  listener_actor listener;
  seconds timeout{0};
  bool stopping = false;
  int unfinished = 2;   // the listener and the router
  static inline const char* name = "stopper";
};

stopper_actor::behavior_type stopper(stopper_actor::stateful_pointer<stopper_state> self, router_actor router,
                                     seconds timeout);

}   // namespace cog
