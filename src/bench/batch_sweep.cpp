#include "bench/batch_sweep.hpp"
#include <algorithm>
#include <array>
#include <cstdio>

namespace cog::bench {

namespace {

constexpr double enough = 0.95;   // of the best rate

bool by_size(const batch_run& left, const batch_run& right) {
  return left.size < right.size;
}

template <class... Ts>
void append_line(std::string& text, const char* form, Ts... what) {
  std::array<char, 128> line{};
  auto size = std::snprintf(line.data(), line.size(), form, what...);
  text.append(line.data(), static_cast<size_t>(size));
}

}   // namespace

batch_run batch_run_of(uint64_t size, const run_report& report) {
  batch_run found{.size = size};
  if (!report.steps.empty()) {
    auto& step = report.steps.back();
    found.rate = step.rate();
    found.p50 = step.latency.percentile(50);
    found.p99 = step.latency.percentile(99);
  }
  if (auto batches = sum_of(report.server.changes, "cog_batch_size_count"); batches > 0)
    found.mean_size = sum_of(report.server.changes, "cog_batch_size_sum") / batches;
  return found;
}

std::vector<uint64_t> batch_sizes(uint64_t largest) {
  std::vector<uint64_t> sizes;
  for (uint64_t size = 1; size < largest; size *= 2)
    sizes.insert(sizes.begin(), size);
  return sizes;
}

const batch_run& knee_of(const std::vector<batch_run>& runs) {
  auto best =
    std::max_element(runs.begin(), runs.end(), [](auto& left, auto& right) { return left.rate < right.rate; });
  auto* knee = &*best;
  for (auto& run : runs)
    if (run.rate >= enough * best->rate && run.size < knee->size)
      knee = &run;
  return *knee;
}

std::string sweep_text(std::vector<batch_run> runs) {
  std::sort(runs.begin(), runs.end(), by_size);
  std::string text;
  append_line(text, "%8s %10s %9s %9s %10s\n", "max size", "answers/s", "p50 ms", "p99 ms", "mean size");
  for (auto& run : runs)
    append_line(text, "%8llu %10s %9s %9s %10.1f\n", static_cast<unsigned long long>(run.size),
                shown_rate(run.rate).c_str(), shown_milliseconds(run.p50).c_str(), shown_milliseconds(run.p99).c_str(),
                run.mean_size);
  auto& knee = knee_of(runs);
  if (knee.size == 1)
    return text + "Batches gain nothing here: COG_BATCH_SIZE=1 has at least 95 % of the best rate.\n";
  return text + "COG_BATCH_SIZE=" + std::to_string(knee.size) + ", or max_size=" + std::to_string(knee.size) +
    " in @cog.batch, is the smallest with at least 95 % of the best rate.\n";
}

}   // namespace cog::bench
