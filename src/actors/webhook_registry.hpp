#pragma once
#include "actors/caf.hpp"
#include "actors/messages.hpp"
#include <array>
#include <list>
#include <unordered_map>

namespace cog {

/// Counts webhooks and the terminal ones that wait.
struct webhook_registry_state {
  void enlist(const courier_actor& courier);
  void forget(caf::actor_id courier);
  std::string metrics_text() const;

  webhook_registry_actor::pointer self;
  std::list<courier_actor> waiting;   // the one that has waited longest first
  std::unordered_map<caf::actor_id, std::list<courier_actor>::iterator> places;
  std::array<uint64_t, 5> counts{};   // by `webhook_fate`
  static inline const char* name = "webhook_registry";
};

webhook_registry_actor::behavior_type webhook_registry(
  webhook_registry_actor::stateful_pointer<webhook_registry_state> self);

}   // namespace cog
