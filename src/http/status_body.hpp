#pragma once
#include "actors/jobs.hpp"
#include "gpu/device_lease.hpp"
#include "http/http_counters.hpp"
#include "http/rules.hpp"
#include "pool/pool_status.hpp"
#include "process/process_usage.hpp"
#include <string>
#include <vector>

namespace cog {

/// What `GET /status` is made of, beside what the HTTP side itself knows.
struct server_status {
  status_ptr pool;
  std::vector<process_usage> usage;   // of each worker's process, by index
  device_report_ptr devices;
  webhook_counts webhooks;
};

/// `GET /status`; the members are in docs/http.md. Where there are keys, predictions of others than `reader` are left out,
/// unless that may see all.
std::string status_body(const server_status& status, const http_rules& rules, const api_key* reader);

}   // namespace cog
