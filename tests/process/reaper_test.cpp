#include "process/reaper.hpp"
#include "io/unique_fd.hpp"
#include "process_support.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

pid_t start_stranger() {
  auto pid = ::fork();
  if (pid == 0)
    ::_exit(0);
  return pid;
}

pid_t start_worker(reaper& children, int code) {
  auto pid = children.fork_worker();
  if (pid == 0)
    ::_exit(code);
  return pid;
}

}   // namespace

TEST_CASE("reaper: a dead worker is left to its owner") {
  reaper children;
  auto worker = start_worker(children, 3);
  wait_until_dead(worker);
  children.reap_strangers();
  auto death = children.collect(worker);
  REQUIRE(death);
  CHECK(death->si_code == CLD_EXITED);
  CHECK(death->si_status == 3);
  CHECK(children.workers().empty());
}

TEST_CASE("reaper: a worker that lives cannot be collected") {
  reaper children;
  auto worker = children.fork_worker();
  if (worker == 0) {
    ::pause();
    ::_exit(0);
  }
  CHECK_FALSE(children.collect(worker));
  CHECK(children.workers() == std::vector{worker});
  children.abandon(worker);
  CHECK_FALSE(is_child(worker));
  CHECK(children.workers().empty());
}

TEST_CASE("reaper: strangers are reaped") {
  reaper children;
  auto first = start_stranger(), second = start_stranger();
  wait_until_dead(first);
  wait_until_dead(second);
  children.reap_strangers();
  CHECK_FALSE(is_child(first));
  CHECK_FALSE(is_child(second));
}

TEST_CASE("reaper: strangers on both sides of a dead worker are reaped") {
  reaper children;
  auto before = start_stranger();
  auto worker = start_worker(children, 4);
  auto after = start_stranger();
  for (auto pid : {before, worker, after})
    wait_until_dead(pid);
  children.reap_strangers();
  CHECK_FALSE(is_child(before));
  CHECK_FALSE(is_child(after));
  CHECK(children.collect(worker)->si_status == 4);
}

TEST_CASE("reaper: an orphan of a dead worker is ours to reap") {
  reaper children;
  int fds[2];
  REQUIRE(::pipe(fds) == 0);
  auto worker = children.fork_worker();
  if (worker == 0) {
    auto orphan = ::fork();
    if (orphan == 0) {
      ::pause();
      ::_exit(0);
    }
    [[maybe_unused]] auto written = ::write(fds[1], &orphan, sizeof(orphan));
    ::_exit(0);
  }
  pid_t orphan = 0;
  REQUIRE(::read(fds[0], &orphan, sizeof(orphan)) == sizeof(orphan));
  unique_fd in{fds[0]}, out{fds[1]};
  wait_until_dead(worker);
  CHECK(is_child(orphan));
  ::kill(orphan, SIGKILL);
  wait_until_dead(orphan);
  children.reap_strangers();
  CHECK_FALSE(is_child(orphan));
  CHECK(children.collect(worker));
}

TEST_CASE("reaper: every SIGCHLD leads to a look") {
  net::io_context context;
  auto children = reaper::start(context);
  for (int i = 0; i < 3; ++i) {
    auto stranger = start_stranger();
    while (is_child(stranger))
      context.run_one();
  }
  auto worker = start_worker(*children, 5);
  auto stranger = start_stranger();
  wait_until_dead(worker);
  while (is_child(stranger))
    context.run_one();
  CHECK(children->collect(worker)->si_status == 5);
}
