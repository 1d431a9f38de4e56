#include "http/http_counters.hpp"
#include "prediction/pool_metrics.hpp"
#include <algorithm>

namespace cog {

namespace {

/// By `route`; paths with `{id}` stand for all ids.
constexpr std::array<std::string_view, 16> names{"other",
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
                                                 "/trainings",
                                                 "/trainings/{id}",
                                                 "/trainings/{id}/cancel",
                                                 "/metrics"};

}   // namespace

void http_counters::count(route where, unsigned status) {
  auto found = std::find(statuses.begin(), statuses.end(), status);
  if (found != statuses.end())
    requests_[static_cast<size_t>(where)][found - statuses.begin()].fetch_add(1, std::memory_order_relaxed);
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
