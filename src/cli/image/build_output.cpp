#include "cli/image/build_output.hpp"
#include "cli/console.hpp"
#include "cli/engine/pipe.hpp"
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace cog {

namespace {

constexpr size_t kept_bytes = 65536;

}   // namespace

build_output::build_output(bool terminal) : terminal_{terminal} {
  std::array<int, 2> ends{-1, -1};
  termios raw{};
  cfmakeraw(&raw);   // the terminal outside does the rest
  auto made = terminal ? openpty(&ends[0], &ends[1], nullptr, &raw, nullptr) : pipe2(ends.data(), O_CLOEXEC);
  if (made != 0)
    throw command_error{std::string{"cannot make a pipe: "} + std::strerror(errno)};
  outer_.reset(ends[0]);
  inner_.reset(ends[1]);
  for (auto end : ends)
    fcntl(end, F_SETFD, FD_CLOEXEC);
  copy_window_size();
  thread_ = std::thread{[this] { pass_on(); }};
}

build_output::~build_output() {
  finish();
}

std::string build_output::finish() {
  inner_.reset();
  if (thread_.joinable())
    thread_.join();
  return end_;
}

void build_output::copy_window_size() const {
  winsize size{};
  if (terminal_ && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0)
    ioctl(outer_.get(), TIOCSWINSZ, &size);
}

void build_output::pass_on() {
  read_to_end(outer_.get(), [this](std::string_view text) {
    copy_window_size();
    write_all(STDERR_FILENO, text);
    end_ += text;
    if (end_.size() > kept_bytes)
      end_.erase(0, end_.size() - kept_bytes);
  });
}

}   // namespace cog
