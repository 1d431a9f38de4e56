#pragma once
#include "access/key_ring.hpp"
#include "http/http_counters.hpp"
#include "page/page_answer.hpp"
#include "prediction/memory_account.hpp"
#include "prediction/result_ring.hpp"
#include "settings/server_config.hpp"
#include <algorithm>
#include <functional>
#include <memory>
#include <string>

namespace cog {

/// What requests are read and answered by; never changed, but for what is counted.
struct http_rules {
  server_config config;
  page_config page;
  std::shared_ptr<http_counters> counters;
  account_ptr bodies;                          // COG_MAX_BODY_MEMORY
  account_ptr outputs;                         // COG_MAX_OUTPUT_MEMORY
  std::string bundled_schema{};                // answers /openapi.json until the model was described; empty: none
  std::function<folder_ptr()> make_folder{};   // for what a client sends
  std::shared_ptr<key_ring> keys{};            // null: there are none, and everything is open
  bool only_probes = false;                    // without keys: /metrics, /livez and /readyz alone (COG_METRICS_LISTEN)
};

/// Which results are kept.
inline result_ring::limits kept_by(const server_config& config) {
  constexpr result_ring::limits usual;
  return {.entries = config.keep_results,
          .json_bytes = std::min(usual.json_bytes, config.max_output_memory / 2),
          .file_bytes = config.keep_files};
}

}   // namespace cog
