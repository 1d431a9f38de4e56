#pragma once
#include "bench/histogram.hpp"
#include "bench/settings.hpp"
#include <string>
#include <string_view>
#include <vector>

namespace cog::bench {

enum class failure : uint8_t {
  none,
  http_status,         // any but 2xx, or but 202 where a webhook is asked for
  failed_prediction,   // failed, or canceled
  wrong_answer,        // no HTTP, no prediction, no event stream
  refused,
  unreachable,
  reset,
  closed,   // the connection ended before the answer did
  timeout,
  lost_webhook,
  unanswered   // under way when the measurement was interrupted
};

/// How a request ended.
struct outcome {
  failure kind = failure::none;
  int status = 0;               // of `http_status`
  std::string_view text = {};   // the start of what the server, or the system, said
};

/// What it is called in reports: `HTTP 409`, `timeout`.
std::string name_of(const outcome& what);

struct error_count {
  std::string kind;
  uint64_t count = 0;
  std::string first;   // text of the first of them
};

/// A part of the time of a measurement, told by when answers came.
struct interval {
  double at = 0;        // its end, seconds after the start of counting
  double seconds = 0;   // the last one may be shorter
  uint64_t ok = 0;
  uint64_t errors = 0;
  uint64_t p50 = 0, p99 = 0, max = 0;   // nanoseconds; 0 without answers
};

/// What one measurement has found. Histograms hold nanoseconds.
struct step_result {
  load_step step;
  double begins = 0;       // seconds after the start of the run, when counting began
  double seconds = 0;      // from then to the end of the measurement, or to the last answer after it
  uint64_t requests = 0;   // that count; ok and failed together
  uint64_t ok = 0, failed = 0;
  uint64_t waited = 0;        // of an open loop: found every connection busy
  uint64_t connections = 0;   // opened, warm-up included
  histogram latency{};        // of what succeeded, from when it was due
  std::vector<error_count> errors{};
  std::vector<interval> intervals{};

  uint64_t chunks = 0;   // of streams
  histogram first_chunk{}, chunk_gap{};

  uint64_t webhooks = 0, doubled_webhooks = 0, late_webhooks = 0;
  histogram accepted{};   // until 202

  double own_load = 0;   // processor time of this tool over time: near 1 it is the limit

  double rate() const { return seconds > 0 ? static_cast<double>(ok) / seconds : 0; }
};

}   // namespace cog::bench
