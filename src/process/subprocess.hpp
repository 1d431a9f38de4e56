#pragma once
#include "io/unique_fd.hpp"
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace cog {

class reaper;

/// Where a worker process finds its sockets.
constexpr int worker_data_fd = 3;
constexpr int worker_control_fd = 4;
constexpr int worker_lifeline_fd = 5;   // nothing ever comes through it

struct subprocess_spec {
  std::vector<std::string> argv;   // the program is looked up in our PATH
  std::vector<std::string> env;    // NAME=value; the whole environment
  std::string working_directory;   // empty: ours
  uint64_t soft_file_limit = 0;    // RLIMIT_NOFILE; 0: ours
};

/// A running worker process, seen from its owner. All descriptors are close-on-exec, and nonblocking but for the pidfd.
struct subprocess {
  pid_t pid = 0;
  unique_fd pidfd;   // readable once the process is dead; then `reaper::collect` it
  unique_fd data;    // stream sockets
  unique_fd control;
  unique_fd out;   // read ends of the pipes that are its stdout and stderr
  unique_fd err;
  unique_fd lifeline;   // the process group is killed when this is closed
};

/// Why a process did not start.
struct spawn_problem {
  std::string text;          // and what to do
  bool is_passing = false;   // for want of something that may be there again soon
};

/// Starts a worker process in a process group of its own, with the sockets at 3 and 4 and /dev/null as stdin. The kernel
/// kills the group when we end. Returns nullopt when it does not start.
std::optional<subprocess> spawn(const subprocess_spec& spec, reaper& children, spawn_problem& problem);

}   // namespace cog
