#pragma once
#include "bench/machine.hpp"
#include "bench/metrics_scrape.hpp"
#include "bench/result.hpp"
#include <string>
#include <vector>

namespace cog::bench {

/// All that a run has found.
struct run_report {
  std::string target;   // as given: a URL, a folder or an image
  std::string url;      // where the requests went
  load_settings settings{};
  std::string input;                  // JSON; of a long one the start
  uint64_t request_bytes = 0;         // of a body
  std::vector<std::string> notes{};   // what the reader should know
  machine where{};
  std::string started_at;   // RFC 3339
  bool interrupted = false;
  std::vector<step_result> steps{};
  server_metrics server{};
};

/// A table for a terminal.
std::string text_report(const run_report& report);

/// The whole, as one JSON object; docs/cli.md says what is in it.
std::string json_report(const run_report& report);

/// One page that needs nothing else.
std::string html_report(const run_report& report);

/// Nanoseconds in milliseconds, three digits: `0.0931`, `12.4`, `1250`.
std::string shown_milliseconds(uint64_t nanoseconds);

/// With a comma after each three digits: `29,156`.
std::string shown_count(uint64_t count);

/// One below 100 keeps a decimal.
std::string shown_rate(double rate);

/// What the load of a step is, with what it is made of: `closed loop`, `open loop`, `streams`.
std::string shown_kind(const run_report& report);

}   // namespace cog::bench
