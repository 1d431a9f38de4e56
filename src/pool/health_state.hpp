#pragma once
#include "prediction/batch_key.hpp"
#include "prediction/schema.hpp"
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// A state of the project's files that workers are started of (`--reload`).
struct model_source {
  uint64_t version = 0;           // counts the changes; 0: what the server was started with
  std::string reference;          // of the model
  uint64_t max_concurrency = 0;   // as in server_config
  std::string problem;            // why nothing can be started of it; empty: nothing is known to be wrong
};
using source_ptr = std::shared_ptr<const model_source>;

/// What became of the last change of the project's files.
struct reload_result {
  enum class state : uint8_t { none, starting, succeeded, failed };
  state status = state::none;
  uint64_t version = 0;       // of the last change
  uint64_t serving = 0;       // of the source that serves
  std::string error;          // why the last one does not serve
  std::string logs;           // what its setup has printed; only when it failed
  std::string started_at;     // RFC 3339, UTC
  std::string completed_at;   // empty while it starts
};
using reload_ptr = std::shared_ptr<const reload_result>;

/// How predictions of a model go together: `@cog.batch`, COG_BATCH_SIZE and COG_BATCH_WAIT_MS.
struct batch_plan {
  uint64_t size = 0;               // of the largest batch; 0: they do not
  double wait = 0;                 // seconds that an idle worker waits for more at most
  std::vector<batch_input> keys;   // only predictions equal in all of them go together
  bool isolate = false;            // what fails together may be run again in halves
};

/// What worker 0 found out about the model.
struct model_description {
  uint64_t source = 0;   // the version of the source it is made of
  document_ptr document;
  bool async = false;
  bool healthcheck = false;   // the model has a healthcheck() of its own
  bool training = false;
  uint64_t concurrency = 0;   // of `@cog.concurrent`; 0: not given
  uint64_t workers = 1;       // processes, from the configuration and the above
  uint64_t capacity = 1;      // predictions at once, or batches, of all workers together
  batch_plan batch;

  /// Predictions that run at once when so many slots are taken.
  uint64_t predictions_in(uint64_t slots) const { return batch.size > 0 ? slots * batch.size : slots; }
};
using description_ptr = std::shared_ptr<const model_description>;

enum class worker_phase : uint8_t {
  waiting,    // not started yet
  starting,   // its first setup runs
  ready,
  restarting,   // it has died and is coming back
  failed,       // its first setup failed (only worker 0 stays so)
  given_up,
};

/// What has ended a worker process before its time.
enum class death_kind : uint8_t {
  crash,     // a signal, or a breach of the protocol
  oom,       // the kernel wanted memory
  exit,      // it has left by itself
  cancel,    // it ignored a cancel
  timeout,   // it went on beyond COG_PREDICT_TIMEOUT
  setup,     // its setup failed
  cuda,      // its CUDA context was spoilt
  device,    // a device was lost
};

/// How the first setup of worker 0 went; shown by /health-check.
struct setup_result {
  std::string started_at;     // RFC 3339, UTC
  std::string completed_at;   // empty while it runs
  std::string status;         // starting, succeeded, failed
  std::string logs;
  std::string python;   // version of the interpreter; empty until its process has said it
  std::string sdk;      // `cog.__version__`
};

/// What a worker says of itself whenever it changes.
struct worker_report {
  uint64_t index = 0;
  uint64_t source = 0;   // the version of the source it was started of
  worker_phase phase = worker_phase::waiting;
  bool set_up = false;                         // a setup has succeeded once
  std::string cause;                           // of the last death or failure
  death_kind kind = death_kind::crash;         // of that death
  int pid = 0;                                 // of its process; 0: there is none
  uint64_t deaths_in_a_row = 0;                // that count against COG_RESTARTS
  std::vector<std::string> devices;            // UUIDs of the GPUs it holds
  std::shared_ptr<const setup_result> setup;   // worker 0 only
};

enum class health_status : uint8_t { unknown, starting, ready, busy, setup_failed, defunct, unhealthy };

std::string_view to_string(health_status status);

/// The reports of all workers, and the one state that follows from them.
struct pool_state {
  std::vector<worker_report> workers = std::vector<worker_report>(1);   // by index; one until the model is described
  std::string last_cause;                                               // of the last death or failure
  bool settled = false;   // every worker has finished its first setup, or was given up: READY may be shown

  /// There will be so many workers.
  void expect(uint64_t count);
  void take(const worker_report& report);
  uint64_t live() const;
  /// The indices of those that are ready.
  std::vector<uint64_t> ready() const;
  health_status shown(uint64_t free_slots) const;
};

/// The answer to a health check.
struct health_answer {
  health_status status = health_status::unknown;
  std::shared_ptr<const setup_result> setup;
  std::string user_error;              // what the model's healthcheck() said; only when unhealthy
  std::string cause;                   // of the last death, in DEFUNCT
  uint64_t free_slots = 0;             // that a new prediction could take now
  uint64_t slots = 0;                  // predictions that may run at once, of all workers
  uint64_t live_slots = 0;             // and of those that are live
  std::vector<std::string> given_up;   // "worker 3: <cause>" for each
  description_ptr model;
  reload_ptr reload;   // null: the server does not look for changes
};
using health_ptr = std::shared_ptr<const health_answer>;

/// All but what the model's own healthcheck() says. `model` is null until it is described.
std::shared_ptr<health_answer> describe(const pool_state& pool, const description_ptr& model, uint64_t free_slots);

}   // namespace cog
