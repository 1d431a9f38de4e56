#include "process/process_tree.hpp"
#include "process/reaper.hpp"
#include "io/unique_fd.hpp"
#include "process_support.hpp"
#include <algorithm>
#include <array>
#include <doctest/doctest.h>
#include <fstream>
#include <sched.h>

using namespace cog;

namespace {

/// A child in a process group of its own, and a child of that one, which may leave the group.
struct family {
  explicit family(bool child_leaves) {
    int fds[2];
    REQUIRE(::pipe(fds) == 0);
    unique_fd in{fds[0]}, out{fds[1]};
    parent = ::fork();
    if (parent == 0)
      be_parent(out.get(), child_leaves);
    REQUIRE(::read(in.get(), &child, sizeof(child)) == sizeof(child));
  }
  [[noreturn]] static void be_parent(int report, bool child_leaves) {
    ::setpgid(0, 0);
    if (::fork() == 0) {
      if (child_leaves)
        ::setsid();
      auto self = ::getpid();
      [[maybe_unused]] auto written = ::write(report, &self, sizeof(self));
    }
    while (true)
      ::pause();
  }
  pid_t parent = 0;
  pid_t child = 0;
};

bool is_alive(pid_t pid) {
  auto all = read_processes();
  return std::any_of(all.begin(), all.end(), [&](auto& entry) { return entry.pid == pid && !entry.dead; });
}

/// With a single entry, once the process runs its own program.
std::string read_environment(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/environ"};
  std::string entry;
  std::getline(file, entry, '\0');
  return entry;
}

void collect(pid_t pid) {
  ::waitpid(pid, nullptr, 0);
}

}   // namespace

TEST_CASE("process tree: our own entry tells parent and group") {
  auto all = read_processes();
  auto self = std::find_if(all.begin(), all.end(), [](auto& entry) { return entry.pid == ::getpid(); });
  REQUIRE(self != all.end());
  CHECK(self->parent == ::getppid());
  CHECK(self->group == ::getpgrp());
  CHECK_FALSE(self->dead);
}

TEST_CASE("process tree: ending a group ends all who are still in it") {
  reaper subreaper;
  family stays{false};
  end_group(stays.parent);
  collect(stays.parent);
  collect(stays.child);   // ours since its parent died; returns only when it is dead
  CHECK_FALSE(is_alive(stays.child));
}

TEST_CASE("process tree: ending descendants spares live workers and theirs") {
  reaper subreaper;
  family worker{true}, other{true};
  std::vector live{worker.parent};
  end_descendants(live);
  collect(other.parent);
  collect(other.child);
  CHECK(is_alive(worker.parent));
  CHECK(is_alive(worker.child));
  end_descendants({});
  collect(worker.parent);
  collect(worker.child);
  CHECK_FALSE(is_alive(worker.child));
}

TEST_CASE("process tree: an orphan who left its dead worker's group is ended too") {
  reaper subreaper;
  family dead{true}, worker{false};
  end_group(dead.parent);
  collect(dead.parent);
  CHECK(is_alive(dead.child));
  std::vector live{worker.parent};
  end_descendants(live);
  collect(dead.child);
  CHECK(is_alive(worker.parent));
  end_descendants({});
  collect(worker.parent);
  collect(worker.child);
}

TEST_CASE("process tree: an orphan in a live worker's group is that worker's") {
  reaper subreaper;
  family worker{false};
  ::kill(worker.parent, SIGKILL);
  wait_until_dead(worker.parent);
  std::vector live{worker.parent};   // as if it lived: only the group counts here
  end_descendants(live);
  CHECK(is_alive(worker.child));
  end_descendants({});
  collect(worker.child);
  collect(worker.parent);
}

TEST_CASE("process tree: with a variable only those are ended who were started with it") {
  auto start = [](const char* variable) {
    auto pid = ::fork();
    if (pid == 0)
      ::execle("/bin/sleep", "sleep", "1000", nullptr, std::array<const char*, 2>{variable, nullptr}.data());
    while (read_environment(pid) != variable)
      ::sched_yield();
    return pid;
  };
  auto ours = start("WORKER=0"), other = start("WORKER=01");
  end_descendants({}, "WORKER=0");
  collect(ours);
  CHECK(is_alive(other));
  end_descendants({}, "WORKER=01");
  collect(other);
}

TEST_CASE("process tree: at the end all descendants are gone, not even dead") {
  reaper subreaper;
  family leaves{true};
  end_and_collect_descendants(std::chrono::seconds{30});
  CHECK(::kill(leaves.parent, 0) == -1);
  CHECK(::kill(leaves.child, 0) == -1);
}
