#include "process/child.hpp"
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/prctl.h>
#include <unistd.h>

namespace cog {

namespace {

constexpr int first_free_place = 10;   // where descriptors are parked while 0 to 5 are filled

[[noreturn]] void fail(int report, child_step step) {
  child_failure failure;
  failure.step = step;
  failure.error = errno;
  [[maybe_unused]] auto written = ::write(report, &failure, sizeof(failure));
  ::_exit(127);
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number)
    ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void raise_oom_score(std::string_view score) {
  auto fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  [[maybe_unused]] auto written = ::write(fd, score.data(), score.size());
  ::close(fd);
}

/// Lets the kernel kill the whole process group when the other end of the pipe is closed, as by the parent's death.
/// PR_SET_PDEATHSIG would kill this process alone, mostly before it could end what it has started.
void tie_to(int lifeline) {
  if (::fcntl(lifeline, F_SETOWN, -::getpid()) != 0 || ::fcntl(lifeline, F_SETSIG, SIGKILL) != 0 ||
      ::fcntl(lifeline, F_SETFL, O_ASYNC) != 0)
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/// Parks all descriptors first: the source of one may be the place of another. Returns where `report` is now.
int fill_places(const child_plan& plan) {
  auto park = [&](int fd) {
    auto parked = fd < 0 ? -1 : ::fcntl(fd, F_DUPFD_CLOEXEC, first_free_place);   // else as open() left errno
    if (parked < 0)
      fail(plan.report, child_step::descriptors);
    return parked;
  };
  auto report = park(plan.report);
  std::array<int, 6> parked;
  for (size_t i = 0; i < parked.size(); ++i)
    parked[i] = park(plan.places[i] < 0 ? ::open("/dev/null", O_RDONLY | O_CLOEXEC) : plan.places[i]);
  for (size_t i = 0; i < parked.size(); ++i)
    if (::dup2(parked[i], static_cast<int>(i)) < 0)
      fail(report, child_step::descriptors);
  return report;
}

void close_others_on_exec(int highest) {
  constexpr unsigned first = 6;
  if (highest < 0) {
    ::close_range(first, ~0U, CLOSE_RANGE_CLOEXEC);
    return;
  }
  for (int fd = first; fd <= highest; ++fd)
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

}   // namespace

int highest_descriptor() {
  if (::close_range(~0U, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
    return -1;
  constexpr int opened_meanwhile = 64;   // by other threads
  int highest = first_free_place;
  std::error_code error;
  for (auto& item : std::filesystem::directory_iterator{"/proc/self/fd", error})
    highest = std::max(highest, std::atoi(item.path().filename().c_str()));
  return highest + opened_meanwhile;
}

void run_child(const child_plan& plan) {
  ::setpgid(0, 0);
  tie_to(plan.places.back());
  if (::getppid() != plan.parent)
    ::_exit(0);
  auto report = fill_places(plan);
  close_others_on_exec(plan.highest);
  reset_signals();
  raise_oom_score(plan.oom_score);
  ::setrlimit(RLIMIT_NOFILE, &plan.files);
  if (plan.directory && ::chdir(plan.directory) != 0)
    fail(report, child_step::directory);
  ::execvpe(plan.argv[0], plan.argv, plan.env);
  fail(report, child_step::program);
}

}   // namespace cog
