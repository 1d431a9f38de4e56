#pragma once
#include "actors/messages.hpp"

namespace cog {

/// Keeps the last report of every worker and makes of them the one state shown to the world.
struct health_state {
  explicit health_state(health_actor::pointer self) : self{self} {
    // nop
  }

  caf::result<health_ptr> check(uint64_t free_slots);
  void ask_workers();
  void take_verdict(uint64_t worker, const std::string& error);
  health_ptr answer(uint64_t free_slots, const std::string& user_error) const;

  health_actor::pointer self;
  pool_state pool;
  description_ptr model;
  std::vector<worker_actor> workers;
  struct waiting_check {
    uint64_t free_slots;
    caf::typed_response_promise<health_ptr> promise;
  };
  std::vector<waiting_check> waiting;   // for the round of questions that is out
  uint64_t unanswered = 0;
  std::string user_error;   // of this round, joined
  static inline const char* name = "health";
};

health_actor::behavior_type health(health_actor::stateful_pointer<health_state> self);

}   // namespace cog
