#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cog {

struct api_config;
using real_seconds = std::chrono::duration<double>;

/// What the server was told by flags and environment (docs/environment.md). Zero durations and limits mean none.
struct server_config {
  std::string host = "0.0.0.0";
  uint16_t port = 5000;
  std::string project = ".";
  std::string image;              // its name and digest, if we run in one
  std::string reference;          // "file.py:Name"
  std::string mode = "predict";   // or "train"
  std::string python;             // the interpreter of the workers
  std::string openapi_schema;     // text of the file named by COG_OPENAPI_SCHEMA
  std::string bundled_schema;     // text of .cog/openapi_schema.json
  uint64_t threads = 1;
  uint64_t max_concurrency = 0;          // 0: not given
  uint64_t workers = 0;                  // 0: not given
  bool workers_by_gpu = false;           // as many as there are devices, or groups of them
  bool ignore_gpus = false;              // and hide them from the model
  uint64_t gpus_per_worker = 0;          // 0: not given
  std::string cuda_context;              // "early", "late", "off"; empty: not given
  real_seconds gpu_check_interval{5};    // between two looks whether devices are still there
  uint64_t batch_size = 0;               // 0: what the model says
  std::optional<double> batch_wait_ms;   // none: what the model says
  uint64_t max_queue = 0;
  real_seconds max_queue_time{0};          // in the queue
  real_seconds default_deadline{0};        // of a prediction that names none
  std::string async_priority = "normal";   // of those whose client does not wait: or "low"
  std::string fair_by;                     // the request header that tells whose it is; empty: nobody asks
  uint64_t restarts = 5;                   // deaths in a row that are survived
  real_seconds setup_timeout{0};
  real_seconds predict_timeout{0};
  real_seconds cancel_timeout{10};
  real_seconds shutdown_timeout{25};
  real_seconds drain_delay{0};   // from SIGTERM until no more is accepted
  real_seconds idle_timeout{75};
  real_seconds header_timeout{10};
  real_seconds body_timeout{30};   // in which at least 1 KiB/s must arrive
  uint64_t max_connections = 16384;
  uint64_t max_body_bytes = 104857600;
  uint64_t max_file_bytes = 4294967296;      // of a file that a client sends
  uint64_t max_upload_bytes = 17179869184;   // of all files of a request
  uint64_t max_body_memory = 1073741824;
  uint64_t max_output_memory = 1073741824;
  uint64_t max_download_bytes = 0;
  uint64_t max_log_bytes = 16777216;
  uint64_t soft_file_limit = 1024;   // the one the server was started with; workers get it back
  std::string preload;               // LD_PRELOAD for workers
  std::string user_agent;            // of downloads
  std::string ready_file;            // made when a health check finds the server set up; empty: none
  std::string termination_log = "/dev/termination-log";   // gets the cause of an exit code of 1; empty: none
  std::string upload_url;                                 // where output files go; empty: into the answers
  bool forbid_private_urls = false;
  bool await_explicit_shutdown = false;
  bool reload = false;                        // a change of the project's files starts the workers again
  std::string shutdown = "any";               // who may POST /shutdown: "any", "local", "admin", nobody ("off")
  std::vector<std::string> cors_origins;      // whose pages may ask us, `*`: all; empty: none
  uint64_t max_connections_per_address = 0;   // 0: no limit
  std::vector<std::string> allowed_hosts;     // names that requests may be addressed to; empty: all
  bool status_logs = true;                    // GET /status shows the ends of failed predictions' logs
  uint64_t keep_results = 100;
  uint64_t keep_files = 1073741824;     // bytes
  uint64_t stream_history = 1024;       // events
  real_seconds stream_keep_alive{15};   // without an event, until a comment is sent
  real_seconds webhook_interval{0.5};   // between two that are not terminal
  std::optional<std::string> webhook_token;
  std::shared_ptr<const api_config> api;   // how clients of other protocols see the model; null: as its inputs tell
  std::string vertex_predict;              // AIP_PREDICT_ROUTE
  std::string vertex_health;               // AIP_HEALTH_ROUTE
  std::string public_url;   // where clients reach the server, without a slash at its end; empty: as they say themselves
  std::vector<std::string> webhook_secrets;   // bytes; each signs; empty: nothing is signed
};

}   // namespace cog
