#include "process/subprocess.hpp"
#include "../support/temporary_folder.hpp"
#include "process/process_tree.hpp"
#include "process/reaper.hpp"
#include "process_support.hpp"
#include <array>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

using namespace cog;

namespace {

/// A shell script run as a worker process, to its end.
struct script {
  explicit script(const std::string& text, subprocess_spec spec = {}) {
    spec.argv = {"sh", "-c", text};
    spawn_problem problem;
    auto started = spawn(spec, children, problem);
    REQUIRE_MESSAGE(started, problem.text);
    process = std::move(*started);
  }
  ~script() {
    if (process.pid != 0)
      children.abandon(process.pid);
  }
  std::string output() { return read_to_end(process.out.get()); }
  siginfo_t end() {
    wait_readable(process.pidfd.get());
    auto death = children.collect(process.pid);
    REQUIRE(death);
    process.pid = 0;
    return *death;
  }
  reaper children;
  subprocess process;
};

bool has_flag(const unique_fd& fd, int get, int flag) {
  return (::fcntl(fd.get(), get) & flag) != 0;
}

}   // namespace

TEST_CASE("subprocess: the pidfd tells the end, and collecting its cause") {
  script process{"exit 7"};
  auto death = process.end();
  CHECK(death.si_code == CLD_EXITED);
  CHECK(death.si_status == 7);
}

TEST_CASE("subprocess: stdout and stderr are pipes of their own, stdin is empty") {
  script process{"cat; echo out; echo err >&2"};
  CHECK(process.output() == "out\n");
  CHECK(read_to_end(process.process.err.get()) == "err\n");
}

TEST_CASE("subprocess: data and control are stream sockets at 3 and 4") {
  script process{"echo data >&3; read line <&4; echo \"got $line\""};
  REQUIRE(::send(process.process.control.get(), "order\n", 6, 0) == 6);
  CHECK(process.output() == "got order\n");
  CHECK(read_to_end(process.process.data.get()) == "data\n");
}

TEST_CASE("subprocess: our ends are nonblocking and closed on exec") {
  script process{"read line <&4"};
  auto& ends = process.process;
  for (auto* fd : {&ends.data, &ends.control, &ends.out, &ends.err}) {
    CHECK(has_flag(*fd, F_GETFL, O_NONBLOCK));
    CHECK(has_flag(*fd, F_GETFD, FD_CLOEXEC));
  }
  CHECK(has_flag(ends.pidfd, F_GETFD, FD_CLOEXEC));
}

TEST_CASE("subprocess: no descriptor of ours but its own reaches the child") {
  unique_fd leak{::fcntl(0, F_DUPFD, 50)};   // without close-on-exec
  REQUIRE(leak);
  script process{"for fd in /proc/$$/fd/*; do echo ${fd##*/}; done"};
  auto output = process.output();
  CHECK(output.find(std::to_string(leak.get()) + "\n") == output.npos);
  CHECK(output.find("0\n1\n2\n3\n4\n5\n") != output.npos);
}

TEST_CASE("subprocess: it leads a process group of its own") {
  script process{"read line <&4"};
  CHECK(::getpgid(process.process.pid) == process.process.pid);
}

TEST_CASE("subprocess: signals that we ignore or block are its again") {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked, before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  script process{"grep -E 'Sig(Blk|Ign)' /proc/self/status"};
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  CHECK(process.output() == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_CASE("subprocess: environment, folder and file limit are as given") {
  temporary_folder folder;
  subprocess_spec spec;
  spec.env = {"COLOUR=blue", "PATH=/usr/bin:/bin"};
  spec.working_directory = folder.path;
  spec.soft_file_limit = 123;
  script process{"echo $COLOUR; pwd; ulimit -Sn", spec};
  CHECK(process.output() == "blue\n" + folder.path + "\n123\n");
}

TEST_CASE("subprocess: the kernel would rather kill it than us") {
  auto ours = std::stoi(read_file("/proc/self/oom_score_adj"));
  script process{"cat /proc/self/oom_score_adj"};
  CHECK(std::stoi(process.output()) == std::min(ours + 300, 1000));
}

TEST_CASE("subprocess: a program that is missing is named, with what to do") {
  reaper children;
  subprocess_spec spec;
  spec.argv = {"no-such-python"};
  spawn_problem problem;
  CHECK_FALSE(spawn(spec, children, problem));
  CHECK(problem.text ==
        "cannot run the worker's program: [Errno 2] No such file or directory: 'no-such-python'; install it or set "
        "COG_PYTHON to a Python interpreter");
  CHECK(children.workers().empty());
}

TEST_CASE("subprocess: a want of descriptors is a matter of time, a missing program is none") {
  reaper children;
  subprocess_spec spec;
  spec.argv = {"sh", "-c", "exit 0"};
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  auto none_left = before;
  none_left.rlim_cur = 8;
  ::setrlimit(RLIMIT_NOFILE, &none_left);
  spawn_problem problem;
  auto started = spawn(spec, children, problem);
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK_FALSE(started);
  CHECK(problem.is_passing);
  CHECK(children.workers().empty());
  spec.argv = {"no-such-python"};
  CHECK_FALSE(spawn(spec, children, problem));
  CHECK_FALSE(problem.is_passing);
}

TEST_CASE("subprocess: a folder that is missing is named") {
  reaper children;
  subprocess_spec spec;
  spec.argv = {"sh"};
  spec.working_directory = "/no/such/folder";
  spawn_problem problem;
  CHECK_FALSE(spawn(spec, children, problem));
  CHECK(problem.text == "cannot enter the folder of the model: [Errno 2] No such file or directory: '/no/such/folder'");
}

TEST_CASE("subprocess: it dies with the process that started it, and so does what it has started") {
  int fds[2];
  REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
  unique_fd in{fds[0]}, out{fds[1]};
  reaper subreaper;
  auto server = ::fork();
  if (server == 0) {
    reaper children;
    subprocess_spec spec;
    spec.argv = {"sh", "-c", "sleep 1000 >&3 & echo $!; exec >&3; wait"};
    spawn_problem problem;
    auto started = spawn(spec, children, problem);
    std::array<pid_t, 2> pids{started->pid, std::stoi(read_to_end(started->out.get()))};
    [[maybe_unused]] auto written = ::write(out.get(), pids.data(), sizeof(pids));
    ::pause();
  }
  std::array<pid_t, 2> pids{};
  REQUIRE(::read(in.get(), pids.data(), sizeof(pids)) == sizeof(pids));
  ::kill(server, SIGKILL);
  ::waitpid(server, nullptr, 0);
  for (auto pid : pids) {
    int status = 0;
    CHECK(::waitpid(pid, &status, 0) == pid);   // ours since the server died
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
  }
}
