#pragma once
#include "actors/caf.hpp"
#include "actors/messages.hpp"
#include "settings/server_config.hpp"
#include "prediction/metrics.hpp"
#include <chrono>
#include <deque>
#include <optional>

namespace cog {

/// Whom a courier works with.
struct courier_links {
  transfer_actor transfers;
  files_actor files;
  webhook_registry_actor webhook_registry;
};

/// What it has to know of a request: the rest, the body above all, is not kept while webhooks wait.
struct courier_order {
  explicit courier_order(const prediction_request& request)
    : id{request.id},
      url{request.webhook},
      traceparent{request.traceparent},
      tracestate{request.tracestate},
      events{request.webhook_events},
      memory{request.memory.another(id.size() + url.size() + traceparent.size() + tracestate.size())} {
    // nop
  }

  std::string id;
  std::string url;
  std::string traceparent;
  std::string tracestate;
  uint8_t events;   // of `webhook_event`
  memory_lease memory;
};

/// Brings the webhooks of one prediction, one after the other, and ends when the last was taken or given up.
struct courier_state {
  using clock = std::chrono::steady_clock;

  /// What a webhook that waits will say: how much of what has come belongs to it.
  struct delivery {
    webhook_event event = webhook_start;
    size_t output_bytes = 0;
    size_t files = 0;
    size_t log_bytes = 0;
    std::string id;   // told to the receiver, the same in all attempts
  };

  explicit courier_state(courier_actor::pointer self) : self{self} {
    // nop
  }

  void take(const prediction_event& event);
  void add_chunk(const prediction_event& event);
  void enqueue(webhook_event event);
  void send_next();
  void end(const prediction_snapshot& result);
  void drain();
  void give_up();
  void post();
  void count(webhook_fate fate, uint64_t webhooks = 1);
  void on_outcome(const post_outcome& outcome);
  post_job make_job() const;

  courier_actor::pointer self;
  std::optional<courier_order> order;   // set before the first message
  courier_links links;
  folder_ptr own_folder;   // for a large body that waits
  std::shared_ptr<const server_config> config;
  prediction_snapshot so_far;
  metric_set metrics;
  body_ptr last_body;   // of the terminal one, once it may be sent
  std::vector<folder_ptr> last_holders;
  bool ended = false;
  std::deque<delivery> waiting;
  std::optional<delivery> current;   // under way
  bool logs_held_back = false;       // by the throttle, since the last one sent
  unsigned attempts = 0;             // of the current one
  bool pausing = false;              // before another attempt
  bool draining = false;             // the server stops
  clock::time_point last_sent = clock::time_point::min();
  static inline const char* name = "courier";
};

courier_actor::behavior_type courier(courier_actor::stateful_pointer<courier_state> self, courier_order order,
                                     courier_links links, folder_ptr own_folder,
                                     std::shared_ptr<const server_config> config);

}   // namespace cog
