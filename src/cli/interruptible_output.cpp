#include "cli/interruptible_output.hpp"
#include "cli/engine/interrupts.hpp"
#include <algorithm>
#include <cerrno>
#include <climits>
#include <iostream>
#include <poll.h>
#include <unistd.h>

namespace cog {

namespace {

constexpr int last_wait = 1000;   // milliseconds, after a signal

}   // namespace

interruptible_buffer::interruptible_buffer(int fd, bool buffered) : fd_{fd} {
  if (buffered)
    setp(bytes_.data(), bytes_.data() + bytes_.size());
}

interruptible_buffer::int_type interruptible_buffer::overflow(int_type letter) {
  auto nothing = traits_type::eq_int_type(letter, traits_type::eof());
  auto last = nothing ? char{} : traits_type::to_char_type(letter);
  auto sound = sync() == 0 && (nothing || write({&last, 1}));
  return sound ? traits_type::not_eof(letter) : traits_type::eof();
}

std::streamsize interruptible_buffer::xsputn(const char* text, std::streamsize length) {
  if (length <= epptr() - pptr()) {
    std::copy_n(text, length, pptr());
    pbump(static_cast<int>(length));
    return length;
  }
  return sync() == 0 && write({text, static_cast<size_t>(length)}) ? length : 0;
}

int interruptible_buffer::sync() {
  auto sound = write({pbase(), static_cast<size_t>(pptr() - pbase())});
  setp(pbase(), epptr());
  return sound ? 0 : -1;
}

bool interruptible_buffer::write(std::string_view text) {
  std::lock_guard guard{lock_};
  while (!text.empty()) {
    if (!wait_for_reader())
      return true;
    auto count = ::write(fd_, text.data(), std::min<size_t>(text.size(), PIPE_BUF));   // so much never blocks then
    if (count >= 0)
      text.remove_prefix(static_cast<size_t>(count));
    else if (errno != EINTR && errno != EAGAIN)
      return false;
  }
  return true;
}

/// False when it does not read, and a signal wants the end of the command.
bool interruptible_buffer::wait_for_reader() const {
  std::array<pollfd, 2> watched{pollfd{fd_, POLLOUT, 0}, pollfd{interrupts::current(), POLLIN, 0}};
  while (watched[0].revents == 0) {
    if (interrupts::seen() || watched[1].revents != 0)
      return poll(watched.data(), 1, last_wait) > 0;
    if (poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR)
      return true;   // writing will tell
  }
  return true;
}

interruptible_output::interruptible_output()
  : out_{STDOUT_FILENO, true},
    err_{STDERR_FILENO, false},
    out_before_{std::cout.rdbuf(&out_)},
    err_before_{std::cerr.rdbuf(&err_)} {
  // nop
}

interruptible_output::~interruptible_output() {
  std::cout.flush();
  std::cout.rdbuf(out_before_);
  std::cerr.rdbuf(err_before_);
}

}   // namespace cog
