#pragma once
#include "io/net.hpp"
#include <chrono>
#include <functional>
#include <memory>

namespace cog {

/// One moment by which something must have happened. Moving it later costs no system call: the timer is left as it is
/// and looks again when it fires. Everything runs on the executor given, so it needs no lock.
class deadline {
public:
  using clock = std::chrono::steady_clock;

  /// `expired` runs when the moment has come; after that none is set until the next `set`.
  deadline(const net::any_io_executor& where, std::function<void()> expired);
  /// Nothing runs afterwards.
  ~deadline();
  deadline(const deadline&) = delete;
  deadline& operator=(const deadline&) = delete;

  template <class Rep, class Period>
  void set(std::chrono::duration<Rep, Period> from_now) {
    set_at(clock::now() + std::chrono::duration_cast<clock::duration>(from_now));
  }
  void set_at(clock::time_point moment);
  void clear();
  bool is_set() const;

private:
  struct state;
  static void arm(const std::shared_ptr<state>& shared);
  std::shared_ptr<state> state_;
};

}   // namespace cog
