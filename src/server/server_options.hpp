#pragma once
#include "access/api_key.hpp"
#include "io/log.hpp"
#include "page/page_answer.hpp"
#include "settings/server_config.hpp"
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cog {

/// What to do instead of serving: print and exit.
struct early_exit {
  int code = 0;
  std::string out;   // for standard output
  std::string err;   // for standard error
};

struct server_options {
  server_config config;
  page_config page;
  log_options log;
  real_seconds write_timeout{60};      // in which a reader must take something of its answer
  std::vector<std::string> warnings;   // to be logged once there is a log
  std::vector<api_key> keys;           // of COG_API_KEYS and COG_API_KEY
  std::string key_file;                // COG_API_KEYS_FILE; empty: none
  std::string probe_host;              // COG_METRICS_LISTEN; empty: there is no such port
  uint16_t probe_port = 0;

  bool needs_keys() const { return !keys.empty() || !key_file.empty(); }
};

using environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The process's own.
std::optional<std::string> from_environment(const std::string& name);

/// Reads flags and environment, and the project's cog.yaml where they do not say what to serve.
std::optional<early_exit> read_server_options(int argc, const char* const* argv, const environment& variable,
                                              server_options& options);

}   // namespace cog
