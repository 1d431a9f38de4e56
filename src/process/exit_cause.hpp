#pragma once
#include "pool/health_state.hpp"
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace cog {

/// How often the kernel has killed a process of our cgroup for want of memory; 0 where no cgroup tells. A count that
/// grew between start and death of a killed worker means that it ran out of memory. `root` is for tests.
uint64_t out_of_memory_kills(const std::filesystem::path& root = "/");

/// Names what ended a process: `exit code 3`, `signal 9 (SIGKILL)`, `out of memory: signal 9 (SIGKILL)`.
std::string exit_cause(const siginfo_t& info, bool out_of_memory);

/// The kind of death that such a text tells of.
death_kind kind_of_exit(std::string_view cause);

}   // namespace cog
