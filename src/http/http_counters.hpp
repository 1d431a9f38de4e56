#pragma once
#include "http/routes.hpp"
#include <array>
#include <atomic>
#include <cstdint>
#include <string>

namespace cog {

/// What the HTTP side has done since the start, for `GET /metrics`. Relaxed counters: every connection adds to them, on
/// whatever thread it runs, and nothing is decided by them; a message for each request would cost more than the request.
class http_counters {
public:
  void count(route where, unsigned status);
  void connection_opened() { connections_.fetch_add(1, std::memory_order_relaxed); }
  void connection_closed() { connections_.fetch_sub(1, std::memory_order_relaxed); }

  uint64_t connections() const { return connections_.load(std::memory_order_relaxed); }

  /// Whether a warning that any client can provoke is worth its line: the first ten of each second are.
  bool may_warn();

  /// In the text format of Prometheus.
  std::string text() const;

private:
  static constexpr std::array<unsigned, 29> statuses{200, 201, 202, 204, 206, 304, 307, 400, 401, 403,
                                                     404, 405, 406, 408, 409, 413, 414, 415, 416, 421,
                                                     422, 424, 429, 431, 500, 501, 503, 504, 507};
  static constexpr size_t routes = static_cast<size_t>(route::dialect) + 1;

  std::array<std::array<std::atomic<uint64_t>, statuses.size()>, routes> requests_{};
  std::atomic<uint64_t> connections_{0};
  std::atomic<int64_t> warning_second_{0};
  std::atomic<uint64_t> warnings_{0};   // in that second
};

}   // namespace cog
