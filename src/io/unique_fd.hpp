#pragma once
#include <unistd.h>
#include <utility>

namespace cog {

/// Owns a file descriptor.
class unique_fd {
public:
  explicit unique_fd(int fd = -1) : fd_{fd} {
    // nop
  }
  unique_fd(unique_fd&& other) noexcept : fd_{other.release()} {
    // nop
  }
  unique_fd& operator=(unique_fd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~unique_fd() { reset(); }

  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1) {
    if (fd_ >= 0)
      ::close(fd_);
    fd_ = fd;
  }

private:
  int fd_;
};

}   // namespace cog
