#include "process/process_tree.hpp"
#include <algorithm>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <unordered_set>

namespace cog {

namespace {

constexpr int rounds = 20;   // of looking for processes that were forked meanwhile

/// From the text of /proc/PID/stat: `PID (name) STATE PARENT GROUP ...`, where the name may hold anything.
bool parse_stat(const std::string& text, process_entry& entry) {
  auto name_end = text.rfind(')');
  if (name_end == text.npos || name_end + 4 > text.size())
    return false;
  entry.dead = text[name_end + 2] == 'Z';
  auto* end = text.data() + text.size();
  auto parent = std::from_chars(text.data() + name_end + 4, end, entry.parent);
  return parent.ec == std::errc{} && std::from_chars(parent.ptr + 1, end, entry.group).ec == std::errc{};
}

bool contains(std::span<const pid_t> pids, pid_t pid) {
  return std::find(pids.begin(), pids.end(), pid) != pids.end();
}

template <class Predicate>
bool has_entry(pid_t pid, Predicate wanted) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/environ"};
  for (std::string entry; std::getline(file, entry, '\0');)
    if (wanted(entry))
      return true;
  return false;
}

bool has_variable(pid_t pid, std::string_view variable) {
  return has_entry(pid, [&](const std::string& entry) { return entry == variable; });
}

void add_descendants(std::unordered_set<pid_t>& pids, std::span<const process_entry> all) {
  for (size_t before = 0; before != pids.size();) {
    before = pids.size();
    for (auto& entry : all)
      if (pids.contains(entry.parent))
        pids.insert(entry.pid);
  }
}

/// This process and those it descends from.
std::unordered_set<pid_t> find_own_line(std::span<const process_entry> all) {
  std::unordered_set<pid_t> line{::getpid()};
  for (size_t before = 0; before != line.size();) {
    before = line.size();
    for (auto& entry : all)
      if (line.contains(entry.pid))
        line.insert(entry.parent);
  }
  return line;
}

/// Our children that belong to no live worker, with all below them.
std::unordered_set<pid_t> find_doomed(std::span<const process_entry> all, std::span<const pid_t> live,
                                      std::string_view variable) {
  std::unordered_set<pid_t> doomed;
  for (auto& entry : all)
    if (entry.parent == ::getpid() && !contains(live, entry.pid) && !contains(live, entry.group) &&
        (variable.empty() || has_variable(entry.pid, variable)))
      doomed.insert(entry.pid);
  add_descendants(doomed, all);
  for (auto& entry : all)
    if (entry.dead)
      doomed.erase(entry.pid);
  return doomed;
}

}   // namespace

std::vector<process_entry> read_processes() {
  std::vector<process_entry> result;
  std::error_code error;
  for (auto& item : std::filesystem::directory_iterator{"/proc", error}) {
    process_entry entry;
    auto name = item.path().filename().string();
    if (std::from_chars(name.data(), name.data() + name.size(), entry.pid).ec != std::errc{})
      continue;
    std::ifstream file{item.path() / "stat"};
    std::string text;
    std::getline(file, text, '\0');   // a process that has just ended cannot be read, which an iterator would throw
    if (parse_stat(text, entry))
      result.push_back(entry);
  }
  return result;
}

void end_group(pid_t leader) {
  ::kill(-leader, SIGKILL);
}

void end_descendants(std::span<const pid_t> live, std::string_view variable) {
  std::unordered_set<pid_t> killed;
  for (int round = 0; round < rounds; ++round) {
    bool found = false;
    for (auto pid : find_doomed(read_processes(), live, variable)) {
      ::kill(pid, SIGKILL);
      found = killed.insert(pid).second || found;
    }
    if (!found)
      return;
  }
}

size_t end_processes_of(const std::string& variable_start) {
  std::unordered_set<pid_t> killed;
  for (int round = 0; round < rounds; ++round) {
    auto all = read_processes();
    auto spared = find_own_line(all);
    std::unordered_set<pid_t> doomed;
    for (auto& entry : all)
      if (!entry.dead && !spared.contains(entry.pid) &&
          has_entry(entry.pid, [&](const std::string& text) { return text.starts_with(variable_start); }))
        doomed.insert(entry.pid);
    add_descendants(doomed, all);
    bool found = false;
    for (auto pid : doomed)
      if (!spared.contains(pid) && ::kill(pid, SIGKILL) == 0)
        found = killed.insert(pid).second || found;
    if (!found)
      break;
  }
  return killed.size();
}

uint64_t start_time_of(pid_t pid) {
  constexpr int fields_before = 18;   // from the parent on
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text;
  std::getline(file, text, '\0');
  auto name_end = text.rfind(')');
  if (name_end == text.npos)
    return 0;
  std::istringstream fields{text.substr(name_end + 1)};
  std::string state, skipped;
  fields >> state;
  if (state == "Z")
    return 0;
  for (int field = 0; field < fields_before; ++field)
    fields >> skipped;
  uint64_t start = 0;
  fields >> start;
  return start;
}

void end_and_collect_descendants(std::chrono::milliseconds patience) {
  auto end = std::chrono::steady_clock::now() + patience;
  end_descendants({});
  for (pid_t pid = 0; pid >= 0 && std::chrono::steady_clock::now() < end;) {
    pid = ::waitpid(-1, nullptr, WNOHANG);
    if (pid == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
}

}   // namespace cog
