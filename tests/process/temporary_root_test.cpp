#include "process/temporary_root.hpp"
#include "../support/temporary_folder.hpp"
#include "process/process_tree.hpp"
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

using namespace cog;
namespace fs = std::filesystem;

namespace {

/// TMPDIR, set for as long as this lives.
struct temporary_base {
  explicit temporary_base(const std::string& path) { ::setenv("TMPDIR", path.c_str(), 1); }
  ~temporary_base() { ::unsetenv("TMPDIR"); }
};

std::string make_left_over(const temporary_folder& temporary, const std::string& name) {
  auto path = temporary / name;
  fs::create_directories(path + "/1/0");
  std::ofstream{path + "/1/0/input.png"} << "content";
  return path;
}

pid_t dead_pid() {
  auto pid = ::fork();
  if (pid == 0)
    ::_exit(0);
  ::waitpid(pid, nullptr, 0);
  return pid;
}

/// A process with this variable in its environment, which waits to be ended.
pid_t start_sleeper(const std::string& variable) {
  auto pid = ::fork();
  if (pid == 0) {
    std::string name = "sleep", time = "1000";
    char* argv[] = {name.data(), time.data(), nullptr};
    auto entry = variable;
    char* env[] = {entry.data(), nullptr};
    ::setsid();
    ::execvpe("sleep", argv, env);
    ::_exit(127);
  }
  return pid;
}

}   // namespace

TEST_CASE("temporary_root: is made under TMPDIR, for its user only, and names its process") {
  temporary_folder temporary;
  temporary_base base{temporary.path};
  std::string problem;
  auto root = temporary_root::make(problem);
  CHECK(problem.empty());
  auto start = std::to_string(::getpid()) + "-" + std::to_string(start_time_of(::getpid()));
  CHECK(root.path().starts_with(temporary / ("cog-" + start + "-")));
  struct stat status {};
  CHECK(::stat(root.path().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  CHECK(temporary_root::make(problem).path() != root.path());
}

TEST_CASE("temporary_root: a TMPDIR that cannot be used is named, with what to do") {
  temporary_folder temporary;
  temporary_base base{temporary / "missing"};
  std::string problem;
  CHECK(temporary_root::make(problem).path().empty());
  CHECK(problem.find("set TMPDIR to a writable one") != problem.npos);
  CHECK(problem.find(temporary / "missing") != problem.npos);
}

TEST_CASE("temporary_root: what dead servers have left is swept, and nothing else") {
  temporary_folder temporary;
  temporary_base base{temporary.path};
  std::string problem;
  auto live = temporary_root::make(problem);
  auto pid = std::to_string(dead_pid());
  auto dead = make_left_over(temporary, "cog-" + pid + "-17-abcdef");
  auto another_life = make_left_over(temporary, "cog-" + std::to_string(::getpid()) + "-17-abcdef");
  auto locked = make_left_over(temporary, "cog-" + pid + "-17-locked");
  auto foreign = make_left_over(temporary, "cog-abcdef");
  auto half_named = make_left_over(temporary, "cog-" + pid + "-17");
  fs::create_directory_symlink(foreign, temporary / ("cog-" + pid + "-18-abcdef"));
  unique_fd holder{::open(locked.c_str(), O_RDONLY | O_DIRECTORY)};
  REQUIRE(::flock(holder.get(), LOCK_EX) == 0);

  auto ours = temporary_root::make(problem);
  sweep_dead_roots(ours, "COG_TEST_FOLDER");
  CHECK_FALSE(fs::exists(dead));
  CHECK_FALSE(fs::exists(another_life));
  for (auto& path : {live.path(), ours.path(), locked, foreign + "/1/0/input.png", half_named})
    CHECK(fs::exists(path));
}

TEST_CASE("temporary_root: processes of dead servers are ended, and no others") {
  temporary_folder temporary;
  temporary_base base{temporary.path};
  std::string problem;
  auto dead = make_left_over(temporary, "cog-" + std::to_string(dead_pid()) + "-17-abcdef");
  auto doomed = start_sleeper("COG_TEST_FOLDER=" + dead + "/worker-0.1");
  auto other = start_sleeper("COG_TEST_FOLDER=" + dead + "-more/worker-0.1");
  auto holds = [](pid_t pid, const std::string& text) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/environ"};
    return std::string{std::istreambuf_iterator<char>{file}, {}}.find(text) != std::string::npos;
  };
  for (auto pid : {doomed, other})
    while (!holds(pid, "COG_TEST_FOLDER=" + dead))
      ::sched_yield();   // until it has become `sleep`
  sweep_dead_roots(temporary_root::make(problem), "COG_TEST_FOLDER");
  int status = 0;
  CHECK(::waitpid(doomed, &status, 0) == doomed);
  CHECK(WIFSIGNALED(status));
  CHECK(::waitpid(other, &status, WNOHANG) == 0);
  ::kill(other, SIGKILL);
  ::waitpid(other, &status, 0);
}
