#include "process/subprocess.hpp"
#include "process/child.hpp"
#include "process/reaper.hpp"
#include "io/shortage.hpp"
#include "io/text.hpp"
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

namespace cog {

namespace {

constexpr int socket_buffer = 1024 * 1024;   // bytes
constexpr int oom_score_step = 300;          // by how much a worker is likelier to be killed than the server

struct pair {
  unique_fd ours;
  unique_fd theirs;
};

void make_nonblocking(const unique_fd& fd) {
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

void raise_buffers(const unique_fd& socket) {
  for (auto [forced, plain] : {std::pair{SO_SNDBUFFORCE, SO_SNDBUF}, std::pair{SO_RCVBUFFORCE, SO_RCVBUF}})
    if (::setsockopt(socket.get(), SOL_SOCKET, forced, &socket_buffer, sizeof(socket_buffer)) != 0)
      ::setsockopt(socket.get(), SOL_SOCKET, plain, &socket_buffer, sizeof(socket_buffer));
}

bool open_sockets(pair& sockets) {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    return false;
  sockets = {unique_fd{fds[0]}, unique_fd{fds[1]}};
  raise_buffers(sockets.ours);
  raise_buffers(sockets.theirs);
  make_nonblocking(sockets.ours);
  return true;
}

/// Our end is the one to read from.
bool open_pipe(pair& pipe) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0)
    return false;
  pipe = {unique_fd{fds[0]}, unique_fd{fds[1]}};
  return true;
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts)
    result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

std::string raised_oom_score() {
  int score = 0;
  std::ifstream{"/proc/self/oom_score_adj"} >> score;
  return std::to_string(std::min(score + oom_score_step, 1000));
}

rlimit file_limit(uint64_t soft) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (soft != 0)
    limit.rlim_cur = std::min<rlim_t>(soft, limit.rlim_max);
  return limit;
}

/// What a child that could not become the program has left behind; `step` is `none` if all went well.
child_failure read_failure(const unique_fd& pipe) {
  child_failure failure;
  ssize_t count;
  do
    count = ::read(pipe.get(), &failure, sizeof(failure));
  while (count < 0 && errno == EINTR);
  return count == sizeof(failure) ? failure : child_failure{};
}

std::string text_of(const child_failure& failure, const subprocess_spec& spec) {
  switch (failure.step) {
    case child_step::directory:
      return "cannot enter the folder of the model: " + errno_text(failure.error, spec.working_directory);
    case child_step::program:
      return "cannot run the worker's program: " + errno_text(failure.error, spec.argv.front()) +
        "; install it or set COG_PYTHON to a Python interpreter";
    case child_step::descriptors:
    case child_step::none:
      break;
  }
  return "cannot hand descriptors to the worker process, raise the limit of open files: " +
    errno_text(failure.error, {});
}

spawn_problem problem_of(std::string what, int error) {
  return {std::move(what) + ": " + errno_text(error, {}), is_shortage(error)};
}

}   // namespace

std::optional<subprocess> spawn(const subprocess_spec& spec, reaper& children, spawn_problem& problem) {
  pair data, control, out, err, lifeline, report;
  if (!open_sockets(data) || !open_sockets(control) || !open_pipe(out) || !open_pipe(err) || !open_pipe(lifeline) ||
      !open_pipe(report)) {
    problem = problem_of("cannot open sockets for a worker process, raise the limit of open files", errno);
    return std::nullopt;
  }
  make_nonblocking(out.ours);
  make_nonblocking(err.ours);
  auto argv = pointers_to(spec.argv);
  auto env = pointers_to(spec.env);
  auto oom_score = raised_oom_score();
  child_plan plan{
    argv.data(),
    env.data(),
    spec.working_directory.empty() ? nullptr : spec.working_directory.c_str(),
    {-1, out.theirs.get(), err.theirs.get(), data.theirs.get(), control.theirs.get(), lifeline.ours.get()},
    report.theirs.get(),
    ::getpid(),
    file_limit(spec.soft_file_limit),
    oom_score,
    highest_descriptor()};
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);   // no handler of ours may run in the child
  auto pid = children.fork_worker();
  if (pid == 0)
    run_child(plan);
  auto error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) {
    problem = problem_of("cannot start a worker process, raise the limit of processes", error);
    return std::nullopt;
  }
  report.theirs.reset();
  if (auto failure = read_failure(report.ours); failure.step != child_step::none) {
    children.abandon(pid);
    problem = {text_of(failure, spec), is_shortage(failure.error)};
    return std::nullopt;
  }
  unique_fd pidfd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!pidfd) {
    problem = problem_of("cannot watch the worker process, Linux 5.4 or newer is needed", errno);
    children.abandon(pid);
    return std::nullopt;
  }
  return subprocess{pid,
                    std::move(pidfd),
                    std::move(data.ours),
                    std::move(control.ours),
                    std::move(out.ours),
                    std::move(err.ours),
                    std::move(lifeline.theirs)};
}

}   // namespace cog
