#pragma once
#include "actors/messages.hpp"
#include <array>
#include <list>
#include <unordered_map>

namespace cog {

/// Counts webhooks and the terminal ones that wait.
struct mailroom_state {
  void enlist(const courier_actor& courier);
  void forget(caf::actor_id courier);
  std::string metrics_text() const;

  mailroom_actor::pointer self;
  std::list<courier_actor> waiting;   // the one that has waited longest first
  std::unordered_map<caf::actor_id, std::list<courier_actor>::iterator> places;
  std::array<uint64_t, 5> counts{};   // by `webhook_fate`
  static inline const char* name = "mailroom";
};

mailroom_actor::behavior_type mailroom(mailroom_actor::stateful_pointer<mailroom_state> self);

}   // namespace cog
