#include "http/http_counters.hpp"
#include "pool/pool_metrics.hpp"
#include <algorithm>
#include <chrono>

namespace cog {

namespace {

/// By `route`; paths with `{id}` stand for all ids.
constexpr std::array<std::string_view, 22> names{"other",
                                                 "/",
                                                 "/health-check",
                                                 "/openapi.json",
                                                 "/livez",
                                                 "/readyz",
                                                 "/shutdown",
                                                 "/predictions",
                                                 "/predictions/{id}",
                                                 "/predictions (list)",
                                                 "/predictions/{id} (result)",
                                                 "/predictions/{id}/cancel",
                                                 "/predictions/{id}/events",
                                                 "/predictions/{id}/files/{n}",
                                                 "/trainings",
                                                 "/trainings/{id}",
                                                 "/trainings/{id}/cancel",
                                                 "/metrics",
                                                 "/docs",
                                                 "/status",
                                                 "/page/{file}",
                                                 "other protocols"};

}   // namespace

void http_counters::count(route where, unsigned status) {
  auto found = std::find(statuses.begin(), statuses.end(), status);
  if (found != statuses.end())
    requests_[static_cast<size_t>(where)][found - statuses.begin()].fetch_add(1, std::memory_order_relaxed);
}

bool http_counters::may_warn() {
  constexpr uint64_t warnings_a_second = 10;
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  auto second = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  if (warning_second_.exchange(second, std::memory_order_relaxed) != second)
    warnings_.store(0, std::memory_order_relaxed);
  return warnings_.fetch_add(1, std::memory_order_relaxed) < warnings_a_second;
}

std::string http_counters::text() const {
  std::string out;
  append_metric_head(out, "cog_http_requests_total", "counter", "Requests answered, by route and status.");
  for (size_t where = 0; where < routes; ++where)
    for (size_t status = 0; status < statuses.size(); ++status)
      if (auto count = requests_[where][status].load(std::memory_order_relaxed); count > 0)
        out += "cog_http_requests_total{route=\"" + std::string{names[where]} + "\",status=\"" +
          std::to_string(statuses[status]) + "\"} " + std::to_string(count) + "\n";
  append_metric_head(out, "cog_http_connections", "gauge", "Open connections.");
  out += "cog_http_connections " + std::to_string(connections_.load(std::memory_order_relaxed)) + "\n";
  return out;
}

}   // namespace cog
