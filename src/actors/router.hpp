#pragma once
#include "actors/caf.hpp"
#include "actors/messages.hpp"
#include "pool/batch_metrics.hpp"
#include "pool/batch_rule.hpp"
#include "pool/idle_slots.hpp"
#include "pool/pool_history.hpp"
#include "pool/pool_metrics.hpp"
#include "pool/pool_status.hpp"
#include "pool/queue_forecast.hpp"
#include "pool/queue_metrics.hpp"
#include "pool/restart_times.hpp"
#include "pool/service_times.hpp"
#include "pool/waiting_queue.hpp"
#include "prediction/result_ring.hpp"
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

namespace cog {

/// Which worker is to be made.
struct worker_order {
  uint64_t index = 0;
  description_ptr model;            // null for worker 0, which finds out
  source_ptr source;                // null: the one the server was started with
  bool waits_for_devices = false;   // others hold them
};

/// What the router needs to make others.
struct router_makers {
  std::function<worker_actor(const router_actor&, const worker_order&)> worker;
  std::function<input_files_actor(const request_ptr&)> input_files;
  std::function<courier_actor(const request_ptr&)> courier;
  /// Hears of each change of the state that the world is shown, READY and BUSY being one; may be empty.
  std::function<void(health_status shown, const std::string& cause)> announce{};
};

/// Knows which worker has which prediction, hands out slots and holds the queue; the one owner of the
/// pool's state.
struct router_state {
  using clock = waiting_queue::clock;

  struct waiting_prediction {
    request_ptr request;
    prediction_links links;
    caf::typed_response_promise<snapshot_ptr> promise;   // none for one that was answered when it was accepted
    clock::time_point since;
    queue_place told;   // to those who follow it
    clock::time_point told_at;
    std::string batch_key{};   // only those with the same one go together
    bool preparing = false;    // its input files are being made
    bool waited = false;       // when it was ready, no worker was idle, or others were there
  };
  struct in_flight_prediction {
    request_ptr request;
    uint64_t worker = 0;
    std::chrono::system_clock::time_point begun{};   // its slot was taken
    waiting_queue::ticket ticket = 0;                // 0: it does not wait
    bool released = false;                           // its slot was given back, its files are being uploaded
  };

  /// Workers of a changed source, until they take over.
  struct rehearsal {
    source_ptr source;
    std::vector<worker_actor> workers;
    pool_state pool;
    description_ptr model;
    bool waits_for_devices = false;   // they are set up when the others have gone, else before
    bool takes_over = false;          // the others get nothing more to do
    bool is_late = false;             // the others were told to end what they run
    bool is_alone = false;            // the others were told to go
  };

  explicit router_state(router_actor::pointer self) : self{self} {
    // nop
  }

  caf::result<bool> admit(const prediction_request& request);
  caf::result<snapshot_ptr> run(const request_ptr& request, const follower_actor& stream);
  caf::result<snapshot_ptr> rerun(const request_ptr& request, const prediction_links& links);
  caf::result<snapshot_ptr> find(const std::string& id) const;
  caf::result<snapshot_ptr> attach(const std::string& id, const follower_actor& stream);
  caf::result<snapshot_ptr> watch(const std::string& id, const follower_actor& watcher);
  void detach(const std::string& id, const follower_actor& stream);
  void leave(const request_ptr& request);
  bool cancel(const std::string& id);
  void describe(const description_ptr& model);
  void take(const worker_report& report);
  caf::result<health_ptr> check();
  void release(uint64_t worker, const request_ptr& request);
  void retire(uint64_t worker, const request_ptr& request, const snapshot_ptr& result);
  caf::result<caf::unit_t> drain(bool cancel_running);
  /// Slots a new prediction could take now.
  uint64_t free_slots() const;
  std::string metrics_text() const;
  status_ptr report() const;
  void finish_when_empty();
  void on_tick();
  void close_batches();
  void look_at_batch();
  void end_batch(uint64_t worker, uint64_t number, double took);
  void reload(const source_ptr& changed);
  void end_patience(uint64_t version);
  void forget_next();
  /// What the prediction of this name is known by, whose asker may see what any key has made (owned_id.hpp).
  std::string resolve(const std::string& name) const;

  router_actor::pointer self;
  health_actor health;
  router_makers make;
  queue_rules rules;
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
  waiting_queue queue{{}};
  std::unordered_map<waiting_queue::ticket, waiting_prediction> waiting;
  service_times times;
  queue_forecast forecast{times};
  restart_times restarts;
  clock::time_point next_tick = clock::time_point::max();
  clock::time_point next_telling = clock::time_point::max();   // of places in the queue, to those who follow
  result_ring ring{{}};
  pool_metrics metrics;
  pool_history history{pool_history::clock::now()};
  queue_metrics queue_counts;
  std::optional<batch_rule> gathering;   // when those that wait go together; none: they go one by one
  std::unordered_map<std::string, uint64_t> ready_by_key;   // of those that wait, where keys tell them apart
  std::unordered_map<uint64_t, uint64_t> batches_in;        // workers that have one, and its number
  uint64_t last_batch = 0;
  clock::time_point next_look = clock::time_point::max();
  batch_metrics batch_counts;
  std::vector<courier_actor> couriers;   // that have not ended
  bool draining = false;                 // nothing is accepted
  bool stopping = false;                 // nothing goes on
  std::vector<caf::typed_response_promise<caf::unit_t>> drained;
  uint64_t workers_to_go = 0;
  std::optional<rehearsal> next;
  source_ptr source;                            // of the workers; null: the one the server was started with
  source_ptr later;                             // came while others took over
  std::shared_ptr<reload_result> last_reload;   // null: nobody looks for changes
  bool holding = false;                         // all that comes waits for workers of a changed source
  bool settling = false;                        // the workers have taken over before they were set up
  bool has_devices = false;                     // some worker has held some
  std::vector<worker_actor> leaving;            // that end, since others have taken their place
  static inline const char* name = "router";

private:
  caf::error refusal() const;
  void note_restart(const worker_report& report);
  caf::error refuse(const prediction_request& request);
  caf::error refuse_owner(const prediction_request& request) const;
  bool streams() const;
  void note_report(const worker_report& report, worker_phase was);
  bool runs_on(const in_flight_prediction& entry, uint64_t worker) const;
  caf::result<snapshot_ptr> join(const request_ptr& request, const follower_actor& stream);
  prediction_links companions_for(const request_ptr& request, const follower_actor& stream);

  // Who gets a slot (router_slots.cpp).
  caf::result<snapshot_ptr> accept(const request_ptr& request, const prediction_links& links);
  bool takes_ahead(const request_ptr& request, const prediction_links& links) const;
  uint64_t take_slot(const request_ptr& request);
  void free_slot(uint64_t worker);
  /// As free_slots, for what was accepted.
  uint64_t slots_to_give() const;
  void serve_queue();

  // What goes together (router_batch.cpp).
  void set_batches();
  uint64_t batch_places() const;
  void prepare(waiting_queue::ticket ticket);
  void become_ready(waiting_prediction& entry);
  void count_ready(const waiting_prediction& entry, bool more);
  uint64_t gathered(const waiting_prediction& opener) const;
  void send_batch(uint64_t count, batch_close why);
  std::vector<waiting_prediction> take_together(uint64_t count);
  uint64_t batches_before(uint64_t predictions) const;

  // Who waits for one, and for how long (router_queue.cpp).
  caf::result<snapshot_ptr> enlist(const request_ptr& request, const prediction_links& links, bool first,
                                   bool answered_now);
  uint64_t waiting_count() const;
  caf::error refuse_place(const prediction_request& request, errc full);
  caf::error refuse_slow(const prediction_request& request, const queue_outlook& found);
  queue_outlook outlook(const waiting_queue::newcomer& who) const;
  queue_place place_of(waiting_queue::ticket ticket) const;
  queue_place place_ahead(const prediction_request& request) const;
  queue_place place_at(uint64_t position) const;
  static std::shared_ptr<prediction_snapshot> make_snapshot(const prediction_request& request,
                                                            prediction_status status);
  snapshot_ptr describe_waiting(const prediction_request& request, const queue_place& place) const;
  waiting_prediction leave_queue(waiting_queue::ticket ticket);
  void empty_queue(const caf::error& reason, const std::string& why_canceled = {});
  void end_waiting(waiting_prediction& entry, const caf::error& reason, const std::string& why_canceled = {});
  snapshot_ptr conclude(waiting_prediction& entry, prediction_status status, std::string error);

  // What they are told meanwhile, and when it has been long enough (router_waiting.cpp).
  void watch(clock::time_point moment);
  void tell_place(waiting_prediction& entry, const queue_place& place, const std::vector<follower_actor>& followers);
  void tell_places(clock::time_point now);
  void end_late(waiting_prediction& entry, clock::time_point now);

  // Changed sources (router_reload.cpp).
  uint64_t serving() const { return source ? source->version : 0; }
  bool is_broken() const;
  bool holds() const { return holding || (next && is_broken()); }
  void note_reload(reload_result::state status, uint64_t version, std::string error = {}, std::string logs = {});
  void rehearse(const source_ptr& changed);
  void describe_next(const description_ptr& description);
  void take_next(const worker_report& report);
  void fail_next();
  void begin_takeover();
  void take_over_when_empty();
  void take_over();
  void settle();
  void dismiss(const std::vector<worker_actor>& all);
  caf::error check_again(const prediction_request& request) const;
  void check_waiting_again();
  void refuse_waiting();
};

router_actor::behavior_type router(router_actor::stateful_pointer<router_state> self, health_actor health,
                                   router_makers make, const queue_rules& rules, result_ring::limits keep);

}   // namespace cog
