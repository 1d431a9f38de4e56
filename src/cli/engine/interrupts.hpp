#pragma once
#include "io/unique_fd.hpp"
#include <chrono>
#include <csignal>
#include <sys/signalfd.h>

namespace cog {

/// SIGINT, SIGTERM and SIGHUP are kept for whoever asks, for as long as this lives. Make it before any thread.
class interrupts {
public:
  interrupts() {
    sigset_t caught;
    sigemptyset(&caught);
    for (int number : {SIGINT, SIGTERM, SIGHUP})
      sigaddset(&caught, number);
    sigprocmask(SIG_BLOCK, &caught, &before_);
    fd_.reset(signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  interrupts(const interrupts&) = delete;
  ~interrupts() {
    while (take() != 0) {
      // What came too late ends nobody.
    }
    sigprocmask(SIG_SETMASK, &before_, nullptr);
  }

  /// Readable when a signal has come.
  int descriptor() const { return fd_.get(); }

  /// The next signal; 0: none.
  int take() const {
    signalfd_siginfo info{};
    return read(fd_.get(), &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
  }

private:
  sigset_t before_{};
  unique_fd fd_;
};

}   // namespace cog
