#pragma once
#include "bench/settings.hpp"
#include "cli/launch.hpp"
#include <optional>
#include <string>
#include <vector>

namespace cog {

/// The flags of `cog bench`.
struct bench_flags {
  launch_flags launch;
  std::string target;
  std::vector<uint32_t> clients;
  std::vector<double> rates;
  std::optional<double> duration;
  bench::load_settings settings;
  bool stream = false, webhooks = false;
  std::string dialect = "cog";
  std::string path = "/predictions";
  std::vector<std::string> headers;
  std::vector<std::string> inputs;
  std::optional<std::string> json;
  std::string sweep;   // "batch", or nothing
  std::string json_file, html_file;
  std::string plan_file;   // what an earlier run has found: with it nothing is measured
  double room = 0.8, gpus = 1;
  bool allow_remote = false, quiet = false;
  uint32_t setup_timeout = 300;   // seconds
};

/// All flags but those of the reports and the launch.
void add_load_flags(CLI::App& command, bench_flags& flags);

/// What the flags say together. Both throw usage_error.
bench::load_settings read_settings(const bench_flags& flags);
std::vector<bench::load_step> read_steps(const bench_flags& flags);

}   // namespace cog
