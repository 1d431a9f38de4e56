#pragma once
#include "bench/load_client.hpp"
#include "bench/prometheus.hpp"
#include <optional>
#include <vector>

namespace cog::bench {

/// What the server told of itself at one moment.
struct server_sample {
  double at = 0;   // seconds after the start of the run
  double waiting = 0, busy = 0, slots = 0, connections = 0;
  double workers = 0;       // that are ready
  double predictions = 0;   // ended since the server started
};

struct server_metrics {
  std::vector<server_sample> series{};
  samples changes{};     // of counters, from the first to the last look
  std::string problem;   // why there are none; empty when there are
};

/// Looks at the `/metrics` of a server once a second, on a connection of its own.
class metrics_scrape {
public:
  metrics_scrape(net::io_context& io, const target& where, clock::time_point run_start);
  metrics_scrape(const metrics_scrape&) = delete;
  ~metrics_scrape();

  /// Looks now and then every second; `first` is called after the first look, however that ended.
  void start(std::function<void()> first);

  /// Looks a last time; `done` is called after it.
  void finish(std::function<void()> done);

  const server_metrics& found() const { return found_; }

private:
  void look();
  void looked(const outcome& what);
  void wait();

  load_settings settings_;
  request_text text_;
  load_client::shared shared_;
  std::shared_ptr<load_client> client_;
  net::steady_timer timer_;
  clock::time_point run_start_;
  server_metrics found_;
  std::optional<samples> before_;
  std::function<void()> then_;
  bool finishing_ = false;
};

}   // namespace cog::bench
