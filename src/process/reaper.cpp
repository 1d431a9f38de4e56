#include "process/reaper.hpp"
#include "process/process_tree.hpp"
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cog {

namespace {

void wait_for_sigchld(const std::shared_ptr<net::signal_set>& signals, const std::shared_ptr<reaper>& children) {
  signals->async_wait([signals, children](const boost::system::error_code& error, int) {
    if (error)
      return;
    children->reap_strangers();
    wait_for_sigchld(signals, children);
  });
}

/// A child that can be reaped, left as it is; 0 if there is none.
pid_t peek() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 ? info.si_pid : 0;
}

void reap(pid_t pid) {
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG);
}

}   // namespace

reaper::reaper() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

std::shared_ptr<reaper> reaper::start(net::io_context& context) {
  auto result = std::make_shared<reaper>();
  wait_for_sigchld(std::make_shared<net::signal_set>(context, SIGCHLD), result);
  return result;
}

pid_t reaper::fork_worker() {
  std::lock_guard guard{lock_};
  auto pid = ::fork();
  if (pid > 0)
    workers_.insert(pid);
  return pid;
}

std::optional<siginfo_t> reaper::collect(pid_t worker) {
  std::lock_guard guard{lock_};
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(worker), &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0)
    return std::nullopt;
  workers_.erase(worker);
  return info;
}

void reaper::abandon(pid_t worker) {
  std::lock_guard guard{lock_};
  ::kill(worker, SIGKILL);
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(worker), &info, WEXITED) != 0 && errno == EINTR) {
    // interrupted by another child's SIGCHLD
  }
  workers_.erase(worker);
}

std::vector<pid_t> reaper::workers() const {
  std::lock_guard guard{lock_};
  return {workers_.begin(), workers_.end()};
}

void reaper::reap_strangers() {
  std::lock_guard guard{lock_};
  while (auto pid = peek()) {
    if (!workers_.contains(pid)) {
      reap(pid);
      continue;
    }
    // The kernel shows the same child again and again: whoever is dead behind this worker has to be looked for.
    for (auto& entry : read_processes())
      if (entry.dead && entry.parent == ::getpid() && !workers_.contains(entry.pid))
        reap(entry.pid);
    return;
  }
}

}   // namespace cog
