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

  /// In the text format of Prometheus.
  std::string text() const;

private:
  static constexpr std::array<unsigned, 15> statuses{200, 202, 400, 404, 405, 406, 408, 409,
                                                     413, 415, 422, 429, 431, 500, 503};
  static constexpr size_t routes = static_cast<size_t>(route::metrics) + 1;

  std::array<std::array<std::atomic<uint64_t>, statuses.size()>, routes> requests_{};
  std::atomic<uint64_t> connections_{0};
};

}   // namespace cog
