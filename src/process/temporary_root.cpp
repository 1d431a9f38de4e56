#include "process/temporary_root.hpp"
#include "process/process_tree.hpp"
#include "io/text.hpp"
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace cog {

namespace {

constexpr std::string_view prefix = "cog-";   // cog-PID-START-XXXXXX

/// Holds the lock of a folder; empty when another does, or the folder is none of ours.
unique_fd lock_folder(const std::string& path) {
  unique_fd folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  struct stat status {};
  if (!folder || ::fstat(folder.get(), &status) != 0 || status.st_uid != ::geteuid() ||
      ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0)
    return unique_fd{};
  return folder;
}

/// Whether the path still leads to the folder that is locked: a sweeper may have been faster.
bool is_there(const std::string& path, const unique_fd& folder) {
  struct stat named {
  }, open{};
  return ::stat(path.c_str(), &named) == 0 && ::fstat(folder.get(), &open) == 0 && named.st_ino == open.st_ino;
}

/// Whether the name is one of ours, and the process in it does not run.
bool is_of_a_dead_process(std::string_view name) {
  if (!name.starts_with(prefix))
    return false;
  auto* end = name.data() + name.size();
  pid_t pid = 0;
  uint64_t start = 0;
  auto [after_pid, pid_error] = std::from_chars(name.data() + prefix.size(), end, pid);
  if (pid_error != std::errc{} || after_pid == end || *after_pid != '-')
    return false;
  auto [after_start, start_error] = std::from_chars(after_pid + 1, end, start);
  return start_error == std::errc{} && after_start != end && *after_start == '-' && start_time_of(pid) != start;
}

}   // namespace

temporary_root temporary_root::make(std::string& problem) {
  const char* base = std::getenv("TMPDIR");
  auto start =
    fmt::format("{}/{}{}-{}-XXXXXX", base && *base ? base : "/tmp", prefix, ::getpid(), start_time_of(::getpid()));
  temporary_root root;
  do {
    root.path_ = start;
    if (!::mkdtemp(root.path_.data())) {
      problem = "cannot make a temporary folder, set TMPDIR to a writable one: " + errno_text(errno, root.path_);
      root.path_.clear();
      return root;
    }
    root.lock_ = lock_folder(root.path_);   // some file systems know no locks: nobody sweeps there then
  } while (root.lock_ && !is_there(root.path_, root.lock_));
  return root;
}

void sweep_dead_roots(const temporary_root& ours, const std::string& variable) {
  std::error_code error;
  for (auto& entry : std::filesystem::directory_iterator{std::filesystem::path{ours.path()}.parent_path(), error}) {
    auto path = entry.path().string();
    if (!is_of_a_dead_process(entry.path().filename().string()))
      continue;
    auto lock = lock_folder(path);
    if (!lock || !is_there(path, lock))
      continue;
    auto ended = end_processes_of(fmt::format("{}={}/", variable, path));
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
    spdlog::warn("server: left-over-swept, folder={} processes={}: a server was killed before it could clean up", path,
                 ended);
  }
}

}   // namespace cog
