#pragma once
#include "actors/caf.hpp"
#include "actors/messages.hpp"

namespace cog {

/// Collects the verdicts of the model's own healthcheck(): one round of questions at a time, shared by all who ask
/// meanwhile.
struct health_state {
  struct waiting_check {
    health_ptr state;
    caf::typed_response_promise<health_ptr> promise;
  };

  explicit health_state(health_actor::pointer self) : self{self} {
    // nop
  }

  caf::result<health_ptr> check(const health_ptr& state, const std::vector<uint64_t>& ready);
  void take_verdict(uint64_t worker, const std::string& error);

  health_actor::pointer self;
  std::vector<worker_actor> workers;
  std::vector<waiting_check> waiting;   // for the round that is out
  uint64_t unanswered = 0;
  std::string user_error;   // of this round, joined
  static inline const char* name = "health";
};

health_actor::behavior_type health(health_actor::stateful_pointer<health_state> self);

}   // namespace cog
