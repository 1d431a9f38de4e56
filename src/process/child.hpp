#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <sys/resource.h>
#include <sys/types.h>

namespace cog {

enum class child_step : uint8_t { none, descriptors, directory, program };

/// What the child writes to its `report` descriptor when it cannot become the program.
struct child_failure {
  child_step step = child_step::none;
  int error = 0;   // errno
};

/// All that the child needs between fork and exec, made before the fork.
struct child_plan {
  char** argv;
  char** env;
  const char* directory;       // null: stay
  std::array<int, 6> places;   // the descriptor that becomes each of 0 to 5; -1: /dev/null. 5 is the lifeline.
  int report;                  // closed by a successful exec
  pid_t parent;
  rlimit files;
  std::string_view oom_score;
  int highest;   // descriptor to be made close-on-exec one by one; -1: the kernel does them all
};

/// The highest open descriptor, where the kernel cannot make a range close-on-exec; else -1.
int highest_descriptor();

/// Turns the forked child into the program, with async-signal-safe calls only.
[[noreturn]] void run_child(const child_plan& plan);

}   // namespace cog
