#pragma once
#include "bench/report.hpp"
#include <cstdint>
#include <string>
#include <vector>

namespace cog::bench {

/// What a server with batches of up to `size` did.
struct batch_run {
  uint64_t size = 1;
  double rate = 0;             // answers a second
  uint64_t p50 = 0, p99 = 0;   // nanoseconds
  double mean_size = 0;        // of its batches
};

/// Of the only measurement in the report.
batch_run batch_run_of(uint64_t size, const run_report& report);

/// The sizes that are worth a run beside `largest`: 1, 2, 4 and so on below it, the largest first.
std::vector<uint64_t> batch_sizes(uint64_t largest);

/// The smallest size with at least 95 % of the best rate. Not for an empty list.
const batch_run& knee_of(const std::vector<batch_run>& runs);

/// A table by size, and what to set.
std::string sweep_text(std::vector<batch_run> runs);

}   // namespace cog::bench
