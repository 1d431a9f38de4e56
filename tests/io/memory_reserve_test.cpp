#include "io/memory_reserve.hpp"
#include <doctest/doctest.h>
#include <memory>
#include <new>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace cog;

// An address sanitizer takes more address space than the limit leaves.
#if !defined(__SANITIZE_ADDRESS__)

namespace {

/// Runs it in a process that can get only a little more memory than it has; true when it says so.
template <class Check>
bool with_little_memory(const Check& check) {
  auto child = ::fork();
  if (child == 0) {
    constexpr rlim_t more = 32 << 20;
    rlimit limit{};
    ::getrlimit(RLIMIT_AS, &limit);
    auto pages = static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
    FILE* file = ::fopen("/proc/self/statm", "r");
    unsigned long size = 0;
    if (file == nullptr || ::fscanf(file, "%lu", &size) != 1)
      ::_exit(2);
    limit.rlim_cur = size * pages + more;
    ::setrlimit(RLIMIT_AS, &limit);
    keep_memory_reserve();
    ::_exit(check() ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status == 0;
}

/// Takes whatever can be had in pieces.
std::vector<std::unique_ptr<char[]>> take_all(size_t piece) {
  std::vector<std::unique_ptr<char[]>> taken;
  taken.reserve(100000);
  try {
    for (;;) {
      refusable_memory refusable;
      taken.push_back(std::make_unique_for_overwrite<char[]>(piece));
    }
  } catch (const std::bad_alloc&) {
    return taken;
  }
}

}   // namespace

TEST_CASE("memory_reserve: what can be refused leaves memory for what is needed") {
  CHECK(with_little_memory([] {
    auto taken = take_all(1000);
    auto reserved = has_memory_reserve();
    std::vector<std::unique_ptr<char[]>> needed(1000);
    for (auto& piece : needed)
      piece = std::make_unique_for_overwrite<char[]>(1000);
    return !taken.empty() && reserved;
  }));
}

TEST_CASE("memory_reserve: it is set aside again as soon as there is memory, and nothing refusable is had before") {
  CHECK(with_little_memory([] {
    auto taken = take_all(1000);
    std::vector<std::unique_ptr<char[]>> needed;
    while (has_memory_reserve())
      needed.push_back(std::make_unique_for_overwrite<char[]>(100000));
    auto refused = take_all(10).empty();
    needed.clear();
    taken.clear();
    return refused && has_memory_reserve() && !take_all(100000).empty();
  }));
}
#endif
