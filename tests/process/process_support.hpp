#pragma once
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

/// Waits until `pid`, a child of ours, is dead; leaves it as it is.
inline void wait_until_dead(pid_t pid) {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
    // a SIGCHLD, which may be another child's
  }
}

/// Is there a child of ours with this number, dead or alive?
inline bool is_child(pid_t pid) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT | WNOHANG) == 0;
}

inline void wait_readable(int fd) {
  pollfd item{fd, POLLIN, 0};
  ::poll(&item, 1, -1);
}

/// All that comes until the other end is closed, also from a nonblocking descriptor.
inline std::string read_to_end(int fd) {
  std::string text;
  char buffer[4096];
  while (true) {
    wait_readable(fd);
    auto count = ::read(fd, buffer, sizeof(buffer));
    if (count <= 0)
      return text;
    text.append(buffer, static_cast<size_t>(count));
  }
}
