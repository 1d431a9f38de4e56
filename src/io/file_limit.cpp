#include "io/file_limit.hpp"
#include <algorithm>
#include <sys/resource.h>

namespace cog {

file_limit raise_file_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  auto before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return {before, limit.rlim_max};
}

uint64_t connections_within(uint64_t limit, uint64_t workers, uint64_t wanted) {
  constexpr uint64_t most_for_others = 1024;
  constexpr uint64_t of_worker = 6;      // its sockets, pipes, pidfd and lifeline
  constexpr uint64_t for_a_start = 12;   // until their other ends are closed
  auto others = std::min(limit / 4, most_for_others) + for_a_start + workers * of_worker;
  return std::min(wanted, std::max(limit - std::min(limit, others), limit / 4));
}

}   // namespace cog
