#pragma once
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace cog {

/// A line of the process table.
struct process_entry {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t group = 0;
  bool dead = false;   // a zombie
};

/// All processes that can be seen; empty where there is no /proc.
std::vector<process_entry> read_processes();

/// Kills every process of the group. Call it before its leader is reaped: afterwards the number may be another's.
void end_group(pid_t leader);

/// Kills all descendants of this process, except the workers in `live` and theirs. Who was left to us when its parent
/// died counts as a live worker's only if it is still in that worker's process group. With a `variable` (`NAME=value`),
/// only those of our children that were started with it in their environment, and what descends from them.
void end_descendants(std::span<const pid_t> live, std::string_view variable = {});

/// Kills every process that has an entry beginning with `variable_start` (`NAME=value...`) in its environment, and all
/// below them, but neither this process nor any that it descends from. Returns how many those were.
size_t end_processes_of(const std::string& variable_start);

/// When a process was started, in ticks since the machine was; 0 when there is none that runs.
uint64_t start_time_of(pid_t pid);

/// For the end of the program, when no reaper runs any more: kills all descendants and collects them, so that none is
/// left, not even dead. Gives up waiting after `patience`.
void end_and_collect_descendants(std::chrono::milliseconds patience);

}   // namespace cog
