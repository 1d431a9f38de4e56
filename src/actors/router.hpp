#pragma once
#include "actors/messages.hpp"
#include <deque>
#include <functional>
#include <unordered_map>

namespace cog {

/// What the router needs to make others.
struct router_makers {
  std::function<worker_actor(const router_actor&, uint64_t index, const description_ptr&)> worker;
  std::function<inputs_actor(const request_ptr&)> inputs;
};

/// Knows which worker has which prediction, hands out slots and holds the waiting line.
struct router_state {
  struct waiting_prediction {
    request_ptr request;
    inputs_actor inputs;
    caf::typed_response_promise<snapshot_ptr> promise;
  };
  struct in_flight_prediction {
    request_ptr request;
    uint64_t worker = 0;
    bool waits = false;
  };

  explicit router_state(router_actor::pointer self) : self{self} {
    // nop
  }

  caf::result<snapshot_ptr> run(const request_ptr& request);
  void leave(const request_ptr& request);
  bool cancel(const std::string& id);
  void describe(const description_ptr& model);
  void take(const worker_report& report);
  void retire(uint64_t worker, const request_ptr& request);
  caf::result<caf::unit_t> drain(bool cancel_running);
  /// Slots a new prediction could take now.
  uint64_t free_slots() const;
  void finish_when_empty();

  router_actor::pointer self;
  health_actor health;
  router_makers make;
  uint64_t max_queue = 0;
  std::vector<worker_actor> workers;
  pool_state pool;
  description_ptr model;
  std::deque<uint64_t> idle;   // a worker's index for each free slot of it, the one idle longest first
  uint64_t running = 0;
  uint64_t capacity = 1;
  std::unordered_map<std::string, in_flight_prediction> in_flight;   // by id
  std::deque<waiting_prediction> line;
  bool draining = false;
  std::vector<caf::typed_response_promise<caf::unit_t>> drained;
  uint64_t workers_to_go = 0;
  static inline const char* name = "router";

private:
  caf::error refusal() const;
  inputs_actor inputs_for(const request_ptr& request) const;
  uint64_t take_slot(const request_ptr& request);
  void serve_line();
  void end_waiting(waiting_prediction& entry);
};

router_actor::behavior_type router(router_actor::stateful_pointer<router_state> self, health_actor health,
                                   router_makers make, uint64_t max_queue);

} // namespace cog
