#include "process/exit_cause.hpp"
#include "../support/temporary_folder.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

siginfo_t death(int code, int status) {
  siginfo_t info{};
  info.si_code = code;
  info.si_status = status;
  return info;
}

}   // namespace

TEST_CASE("death: an exit is named by its code") {
  CHECK(exit_cause(death(CLD_EXITED, 3), false) == "exit code 3");
  CHECK(exit_cause(death(CLD_EXITED, 0), true) == "exit code 0");
}

TEST_CASE("death: a signal is named by number and name") {
  CHECK(exit_cause(death(CLD_KILLED, SIGKILL), false) == "signal 9 (SIGKILL)");
  CHECK(exit_cause(death(CLD_DUMPED, SIGSEGV), false) == "signal 11 (SIGSEGV)");
  CHECK(exit_cause(death(CLD_KILLED, 40), false) == "signal 40");
}

TEST_CASE("death: want of memory is the cause of a SIGKILL only") {
  CHECK(exit_cause(death(CLD_KILLED, SIGKILL), true) == "out of memory: signal 9 (SIGKILL)");
  CHECK(exit_cause(death(CLD_KILLED, SIGTERM), true) == "signal 15 (SIGTERM)");
}

TEST_CASE("death: the kernel's kills are counted by cgroup version 2") {
  temporary_folder root;
  write_file(root / "proc/self/cgroup", "0::/pod/one\n");
  write_file(root / "sys/fs/cgroup/pod/one/memory.events", "low 0\nhigh 4\nmax 9\noom 3\noom_kill 2\n");
  CHECK(out_of_memory_kills(root.path) == 2);
}

TEST_CASE("death: the kernel's kills are counted by cgroup version 1") {
  temporary_folder root;
  write_file(root / "proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/docker/abc\n0::/\n");
  write_file(root / "sys/fs/cgroup/memory/docker/abc/memory.oom_control",
             "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n");
  CHECK(out_of_memory_kills(root.path) == 5);
}

TEST_CASE("death: a container sees its own cgroup at the mount") {
  temporary_folder root;
  write_file(root / "proc/self/cgroup", "4:memory:/docker/abc\n");
  write_file(root / "sys/fs/cgroup/memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n");
  CHECK(out_of_memory_kills(root.path) == 7);
}

TEST_CASE("death: without a cgroup nothing is counted") {
  temporary_folder root;
  CHECK(out_of_memory_kills(root.path) == 0);
}

TEST_CASE("exit_cause: its text tells the kind of the death") {
  CHECK(kind_of_exit("exit code 3") == death_kind::exit);
  CHECK(kind_of_exit("signal 9 (SIGKILL)") == death_kind::crash);
  CHECK(kind_of_exit("out of memory: signal 9 (SIGKILL)") == death_kind::oom);
}
