#pragma once
#include "cli/console.hpp"
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace cog {

/// Tells whoever waits that something still goes on: a terminal has a line that changes, anything else gets a line
/// after 10, 20, 40, ... seconds.
class wait_notice {
public:
  using clock = std::chrono::steady_clock;

  /// `what` follows "Still waiting for".
  wait_notice(const console& messages, std::string what, clock::time_point now = clock::now());
  wait_notice(const wait_notice&) = delete;
  ~wait_notice();

  void set_what(std::string what) { what_ = std::move(what); }

  /// To be called often. `detail` is the last that is known: a line, an amount.
  void tell(std::string_view detail = {}, clock::time_point now = clock::now());

private:
  const console& messages_;
  std::string what_;
  clock::time_point started_, next_;
};

/// Takes a lock of flock(2), telling of the wait; false, with errno, when it cannot be taken.
bool lock_when_free(int descriptor, wait_notice& notice);

/// `[#####---------------] 25 %`; empty when the whole is not known.
std::string progress_bar(uint64_t done, uint64_t whole);

/// `12.3 MB`.
std::string shown_bytes(uint64_t bytes);

}   // namespace cog
