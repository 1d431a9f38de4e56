#include "process/process_usage.hpp"
#include "io/unique_fd.hpp"
#include "process/process_tree.hpp"
#include <array>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cog {

namespace {

/// Newer kernels tell the number without a look at each.
uint64_t count_open_files() {
  struct stat folder {};
  if (::stat("/proc/self/fd", &folder) == 0 && folder.st_size > 0)
    return static_cast<uint64_t>(folder.st_size);
  std::error_code error;
  uint64_t count = 0;
  for (std::filesystem::directory_iterator entry{"/proc/self/fd", error}, end; !error && entry != end;
       entry.increment(error))
    ++count;
  return count;
}

/// `btime`, in seconds since 1970.
double boot_time() {
  std::ifstream file{"/proc/stat"};
  std::string word;
  while (file >> word)
    if (double seconds = 0; word == "btime" && file >> seconds)
      return seconds;
  return 0;
}

}   // namespace

own_usage usage_of_this_process() {
  static const double started =
    boot_time() + static_cast<double>(start_time_of(::getpid())) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return {started, count_open_files(), limit.rlim_cur};
}

process_usage usage_of(pid_t pid) {
  auto path = "/proc/" + std::to_string(pid) + "/stat";
  unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  std::array<char, 1024> buffer{};
  auto count = file ? ::read(file.get(), buffer.data(), buffer.size() - 1) : -1;
  if (count <= 0)
    return {};
  std::string_view text{buffer.data(), static_cast<size_t>(count)};
  auto name_end = text.rfind(')');   // the name may hold anything
  unsigned long user = 0, kernel = 0;
  long pages = 0;
  constexpr auto* fields = ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %*u %*u %ld";
  if (name_end == text.npos || std::sscanf(buffer.data() + name_end, fields, &user, &kernel, &pages) != 3)
    return {};
  return {.rss_bytes = static_cast<uint64_t>(pages) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)),
          .cpu_seconds = static_cast<double>(user + kernel) / static_cast<double>(::sysconf(_SC_CLK_TCK))};
}

}   // namespace cog
