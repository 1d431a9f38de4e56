#pragma once
#include <map>
#include <string>
#include <string_view>

namespace cog::bench {

/// Samples of a Prometheus text by name and labels as they stand there: `cog_slots`, `cog_workers{state="busy"}`.
using samples = std::map<std::string, double, std::less<>>;

/// Lines that are no samples are passed over.
samples read_samples(std::string_view text);

/// The sum over all labels; 0 where the name is unknown.
double sum_of(const samples& all, std::string_view name);

/// What has grown or fallen among the counters: names that end with `_total`, `_sum` or `_count`.
samples changed_counters(const samples& before, const samples& after);

}   // namespace cog::bench
