#pragma once
#include "actors/caf.hpp"
#include "actors/messages.hpp"
#include <caf/scheduler/test_coordinator.hpp>
#include <utility>

/// Actors that run when they are told to, on this thread.
struct actor_fixture {
  struct config : caf::actor_system_config {
    config() {
      add_message_types<caf::id_block::cog>();
      set("scheduler.policy", caf::atom("testing"));
    }
  };

  /// Asks, lets all actors run, and returns the answer.
  template <class T, class Handle, class... Ts>
  caf::expected<T> ask(const Handle& who, Ts&&... what) {
    auto request = self->request(who, caf::infinite, std::forward<Ts>(what)...);
    scheduler.run();
    return receive<T>(std::move(request));
  }

  /// The answer to an earlier request, which must be there.
  template <class T, class Request>
  static caf::expected<T> receive(Request&& request) {
    caf::expected<T> answer{caf::sec::request_timeout};
    request.receive([&](T& value) { answer = std::move(value); },
                    [&](caf::error& error) { answer = std::move(error); });
    return answer;
  }

  config cfg;
  caf::actor_system system{cfg};
  caf::scheduler::test_coordinator& scheduler = dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  caf::scoped_actor self{system};
};
