#pragma once
#include "io/net.hpp"
#include <csignal>
#include <memory>
#include <mutex>
#include <optional>
#include <sys/types.h>
#include <unordered_set>
#include <vector>

namespace cog {

/// The one place that forks and reaps. Children are workers, which wait for their owners to collect them, or strangers:
/// processes that were left to us when their parents died. Any thread may call; the lock keeps a worker that dies at
/// once from being reaped as a stranger.
class reaper {
public:
  /// Makes this process the subreaper of all its descendants.
  reaper();

  /// As the constructor, and reaps strangers at every SIGCHLD for as long as `context` runs.
  static std::shared_ptr<reaper> start(net::io_context& context);

  /// Forks a worker; returns as `fork` does. In the child only async-signal-safe functions may be called.
  pid_t fork_worker();

  /// Reaps a worker that has died; nullopt while it lives.
  std::optional<siginfo_t> collect(pid_t worker);

  /// Kills a worker and reaps it.
  void abandon(pid_t worker);

  /// Those not collected yet.
  std::vector<pid_t> workers() const;

  void reap_strangers();

private:
  mutable std::mutex lock_;
  std::unordered_set<pid_t> workers_;
};

}   // namespace cog
