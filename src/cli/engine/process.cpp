#include "cli/engine/process.hpp"
#include "cli/engine/pipe.hpp"
#include "cli/engine/start_error.hpp"
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unordered_set>

namespace cog {

namespace {

constexpr int interval = 200;   // milliseconds between two looks at a program

/// Entries of `more` replace those of our environment, and later ones those before them.
std::vector<char*> merged_environment(const std::vector<std::string>& more) {
  std::vector<char*> all;
  std::unordered_set<std::string_view> names;
  auto add = [&](const char* entry) {
    std::string_view text{entry};
    if (names.insert(text.substr(0, text.find('='))).second)
      all.push_back(const_cast<char*>(entry));
  };
  for (auto at = more.size(); at > 0; --at)
    add(more[at - 1].c_str());
  for (char** entry = environ; *entry; ++entry)
    add(*entry);
  all.push_back(nullptr);
  return all;
}

/// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(const process_plan& plan, char** argv, char** env, int report, pid_t parent) {
  if (plan.own_group)
    setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  prctl(PR_SET_PDEATHSIG, plan.death_signal);
  bool orphan = getppid() != parent;
  std::array<int, 3> sources{plan.in, plan.out, plan.err};
  // Copies first, out of the way of 0, 1 and 2.
  for (auto& source : sources)
    source = source < 0 ? open("/dev/null", O_RDWR) : fcntl(source, F_DUPFD, 3);
  for (int place = 0; place < 3; ++place)
    dup2(sources[static_cast<size_t>(place)], place);
  syscall(SYS_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */);
  if (!orphan && (plan.directory.empty() || chdir(plan.directory.c_str()) == 0))
    execvpe(argv[0], argv, env);
  int error = errno;
  [[maybe_unused]] auto written = write(report, &error, sizeof error);
  _exit(127);
}

void append_from(int fd, std::string& text, bool& open) {
  std::array<char, 65536> bytes;   // NOLINT(cppcoreguidelines-pro-type-member-init)
  auto count = read(fd, bytes.data(), bytes.size());
  if (count > 0)
    text.append(bytes.data(), static_cast<size_t>(count));
  else if (count == 0 || errno != EINTR)
    open = false;
}

}   // namespace

process::process(const process_plan& plan) : own_group_{plan.own_group} {
  std::vector<char*> argv;
  for (auto& word : plan.command)
    argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  auto env = merged_environment(plan.environment);
  auto report = make_pipe();
  auto parent = getpid();
  pid_ = fork();
  if (pid_ == 0)
    become(plan, argv.data(), env.data(), report[1].get(), parent);
  if (pid_ < 0)
    throw command_error{std::string{"cannot start a process: "} + std::strerror(errno)};
  pidfd_.reset(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  report[1].reset();
  int error = 0;
  if (read(report[0].get(), &error, sizeof error) == sizeof error) {
    waitpid(pid_, nullptr, 0);
    throw start_error{"cannot start " + plan.command.front() + ": " + std::strerror(error),
                      error == ENOENT ? 127 : 126};
  }
}

process::process(process&& other) noexcept
  : pid_{std::exchange(other.pid_, -1)},
    own_group_{other.own_group_},
    pidfd_{std::move(other.pidfd_)},
    status_{other.status_} {
  // nop
}

process::~process() {
  if (pid_ < 0 || status_)
    return;
  signal(SIGKILL);
  wait();
}

bool process::has_ended() {
  pollfd ended{pidfd_.get(), POLLIN, 0};
  return status_ || poll(&ended, 1, 0) == 1;
}

int process::wait() {
  int status = 0;
  while (!status_) {
    if (waitpid(pid_, &status, 0) == pid_)
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    else if (errno != EINTR)
      status_ = 127;
  }
  return *status_;
}

void process::signal(int number) const {
  if (!status_)
    kill(own_group_ ? -pid_ : pid_, number);
}

captured run_captured(process_plan plan, const wait_handler& look) {
  auto out = make_pipe();
  auto err = make_pipe();
  plan.in = -1;
  plan.out = out[1].get();
  plan.err = err[1].get();
  process program{plan};
  out[1].reset();
  err[1].reset();
  captured result;
  bool more_out = true, more_err = true;
  while (more_out || more_err) {
    std::array<pollfd, 2> watched{pollfd{more_out ? out[0].get() : -1, POLLIN, 0},
                                  pollfd{more_err ? err[0].get() : -1, POLLIN, 0}};
    poll(watched.data(), watched.size(), look ? interval : -1);
    if (look)
      look(program);
    if (watched[0].revents != 0)
      append_from(out[0].get(), result.out, more_out);
    if (watched[1].revents != 0)
      append_from(err[0].get(), result.err, more_err);
  }
  result.status = program.wait();
  return result;
}

captured run_keeping_errors(process_plan plan, const wait_handler& look) {
  auto err = make_pipe();
  plan.err = err[1].get();
  process program{plan};
  err[1].reset();
  captured result;
  for (bool more = true; more;) {
    pollfd watched{err[0].get(), POLLIN, 0};
    poll(&watched, 1, look ? interval : -1);
    if (look)
      look(program);
    if (watched.revents != 0)
      append_from(err[0].get(), result.err, more);
  }
  result.status = program.wait();
  return result;
}

std::string find_in_path(const std::string& name) {
  if (name.find('/') != name.npos)
    return access(name.c_str(), X_OK) == 0 ? name : std::string{};
  auto* path = std::getenv("PATH");
  std::istringstream folders{path ? path : "/usr/local/bin:/usr/bin:/bin"};
  for (std::string folder; std::getline(folders, folder, ':');) {
    auto place = (folder.empty() ? "." : folder) + "/" + name;
    if (access(place.c_str(), X_OK) == 0)
      return place;
  }
  return {};
}

std::string shown_command(const std::vector<std::string>& words) {
  std::string text;
  for (auto& word : words) {
    if (!text.empty())
      text += ' ';
    bool plain = !word.empty() && word.find_first_of(" \t\n'\"\\$`&|;<>()*?[]#~") == word.npos;
    if (plain) {
      text += word;
      continue;
    }
    text += '\'';
    for (char letter : word)
      text += letter == '\'' ? std::string{"'\\''"} : std::string{letter};
    text += '\'';
  }
  return text;
}

}   // namespace cog
