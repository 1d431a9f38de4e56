#pragma once
#include "io/unique_fd.hpp"
#include <atomic>
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
    current_ = fd_.get();
  }
  interrupts(const interrupts&) = delete;
  ~interrupts() {
    current_ = -1;
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
    if (read(fd_.get(), &info, sizeof info) != sizeof info)
      return 0;
    seen_ = true;
    return static_cast<int>(info.ssi_signo);
  }

  /// The descriptor of the one that lives; -1: there is none, and signals act as they do by themselves.
  static int current() { return current_; }

  /// Whether any has been taken, ever.
  static bool seen() { return seen_; }

private:
  sigset_t before_{};
  unique_fd fd_;

  static inline std::atomic<int> current_{-1};
  static inline std::atomic<bool> seen_{false};
};

}   // namespace cog
