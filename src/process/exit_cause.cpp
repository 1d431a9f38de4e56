#include "process/exit_cause.hpp"
#include <cstring>
#include <fstream>
#include <vector>

namespace cog {

namespace {

/// The files that may hold the count: version 2, then version 1 as the host and as a container sees it.
std::vector<std::filesystem::path> count_files(const std::filesystem::path& root) {
  std::vector<std::filesystem::path> files;
  auto mount = root / "sys/fs/cgroup";
  std::ifstream memberships{root / "proc/self/cgroup"};
  for (std::string line; std::getline(memberships, line);) {
    auto names = line.find(':') + 1;
    auto path = line.find(':', names) + 1;
    if (names == 0 || path == 0)
      continue;
    auto relative = std::filesystem::path{line.substr(path)}.relative_path();
    auto controllers = "," + line.substr(names, path - names - 1) + ",";
    if (controllers == ",,")
      files.push_back(mount / relative / "memory.events");
    else if (controllers.find(",memory,") != controllers.npos)
      files.push_back(mount / "memory" / relative / "memory.oom_control");
  }
  files.push_back(mount / "memory.events");
  files.push_back(mount / "memory" / "memory.oom_control");
  return files;
}

}   // namespace

uint64_t out_of_memory_kills(const std::filesystem::path& root) {
  for (auto& path : count_files(root)) {
    std::ifstream file{path};
    std::string key;
    for (uint64_t value = 0; file >> key >> value;)
      if (key == "oom_kill")
        return value;
  }
  return 0;
}

std::string exit_cause(const siginfo_t& info, bool out_of_memory) {
  if (info.si_code == CLD_EXITED)
    return "exit code " + std::to_string(info.si_status);
  auto text = "signal " + std::to_string(info.si_status);
  if (const char* name = ::sigabbrev_np(info.si_status))
    text.append(" (SIG").append(name).append(")");
  return out_of_memory && info.si_status == SIGKILL ? "out of memory: " + text : text;
}

death_kind kind_of_exit(std::string_view cause) {
  return cause.starts_with("out of memory") ? death_kind::oom
    : cause.starts_with("exit code")        ? death_kind::exit
                                            : death_kind::crash;
}

}   // namespace cog
