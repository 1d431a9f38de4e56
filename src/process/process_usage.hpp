#pragma once
#include <cstdint>
#include <sys/types.h>

namespace cog {

/// What a process takes; zeros when there is none of that number.
struct process_usage {
  uint64_t rss_bytes = 0;
  double cpu_seconds = 0;   // in user and kernel mode, of all its threads
};

/// Of this process, for whoever watches it.
struct own_usage {
  double started = 0;   // seconds since 1970
  uint64_t open_files = 0;
  uint64_t most_files = 0;
};

own_usage usage_of_this_process();

/// From /proc: a few system calls.
process_usage usage_of(pid_t pid);

}   // namespace cog
