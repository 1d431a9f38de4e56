#pragma once
#include "actors/messages.hpp"
#include "prediction/idle_slots.hpp"
#include "prediction/pool_metrics.hpp"
#include "prediction/result_ring.hpp"
#include <deque>
#include <functional>
#include <unordered_map>

namespace cog {

/// What the router needs to make others.
struct router_makers {
  std::function<worker_actor(const router_actor&, uint64_t index, const description_ptr&)> worker;
  std::function<inputs_actor(const request_ptr&)> inputs;
  std::function<courier_actor(const request_ptr&)> courier;
};

/// Knows which worker has which prediction, hands out slots and holds the waiting line.
struct router_state {
  struct waiting_prediction {
    request_ptr request;
    companions others;
    caf::typed_response_promise<snapshot_ptr> promise;   // none for one that was answered when it was accepted
  };
  struct in_flight_prediction {
    request_ptr request;
    uint64_t worker = 0;
    bool waits = false;
    bool released = false;   // its slot was given back, its files are being uploaded
  };

  explicit router_state(router_actor::pointer self) : self{self} {
    // nop
  }

  caf::result<snapshot_ptr> run(const request_ptr& request, const follower_actor& stream);
  caf::result<snapshot_ptr> rerun(const request_ptr& request, const companions& others);
  caf::result<snapshot_ptr> find(const std::string& id) const;
  caf::result<snapshot_ptr> attach(const std::string& id, const follower_actor& stream);
  void detach(const std::string& id, const follower_actor& stream);
  void leave(const request_ptr& request);
  bool cancel(const std::string& id);
  void describe(const description_ptr& model);
  void take(const worker_report& report);
  void release(uint64_t worker, const request_ptr& request);
  void retire(uint64_t worker, const request_ptr& request, const snapshot_ptr& result);
  caf::result<caf::unit_t> drain(bool cancel_running);
  /// Slots a new prediction could take now.
  uint64_t free_slots() const;
  std::string metrics_text() const;
  void finish_when_empty();

  router_actor::pointer self;
  health_actor health;
  router_makers make;
  uint64_t max_queue = 0;
  std::vector<worker_actor> workers;
  pool_state pool;
  description_ptr model;
  idle_slots idle;
  uint64_t running = 0;
  uint64_t uploading = 0;   // those without a slot
  uint64_t capacity = 1;
  std::deque<request_ptr> ahead;   // sent to the only worker, and begun there one after the other
  bool is_quick = false;           // the last prediction was over at once
  std::unordered_map<std::string, in_flight_prediction> in_flight;   // by id
  std::deque<waiting_prediction> line;
  result_ring ring{{}};
  pool_metrics metrics;
  std::vector<courier_actor> couriers;   // that have not ended
  bool draining = false;
  std::vector<caf::typed_response_promise<caf::unit_t>> drained;
  uint64_t workers_to_go = 0;
  static inline const char* name = "router";

private:
  caf::error refusal() const;
  bool streams() const;
  caf::result<snapshot_ptr> join(const request_ptr& request, const follower_actor& stream);
  caf::result<snapshot_ptr> accept(const request_ptr& request, const companions& others);
  caf::result<snapshot_ptr> enlist(const request_ptr& request, const companions& others,
                                   std::deque<waiting_prediction>::iterator place);
  bool takes_ahead(const request_ptr& request, const companions& others) const;
  uint64_t waiting_count() const;
  snapshot_ptr describe_waiting(const prediction_request& request) const;
  std::deque<waiting_prediction>::iterator waiting(const request_ptr& request);
  companions companions_for(const request_ptr& request, const follower_actor& stream);
  uint64_t take_slot(const request_ptr& request);
  void serve_line();
  void end_waiting(waiting_prediction& entry, const caf::error& reason);
  void free_slot(uint64_t worker);
};

router_actor::behavior_type router(router_actor::stateful_pointer<router_state> self, health_actor health,
                                   router_makers make, uint64_t max_queue, result_ring::limits keep);

}   // namespace cog
