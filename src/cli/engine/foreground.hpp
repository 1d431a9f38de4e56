#pragma once
#include "cli/engine/interrupts.hpp"
#include "cli/engine/process.hpp"
#include "cli/wait_notice.hpp"
#include <optional>

namespace cog {

/// How a wait is told: in the console's line that changes, in lines of their own because the program writes to standard
/// error too, or not at all because it shows by itself how it goes.
enum class news { status, lines, none };

/// Stands by while a program runs that somebody waits for: a long wait is told, a signal for us is answered at once and
/// handed on. Make it before the program and any thread.
class foreground {
public:
  /// `what` follows "Still waiting for".
  foreground(const console& messages, std::string what, news kind);

  /// To be called often. `detail` is the last that is known of how it goes.
  void look(const process& program, std::string_view detail = {},
            wait_notice::clock::time_point now = wait_notice::clock::now());

  /// Looks at a program until it ends; the exit code. Throws silent_exit when a signal has come.
  int wait(process& program);

  /// Readable when a signal has come.
  int descriptor() const { return signals_.descriptor(); }

  bool is_stopped() const { return first_ != 0; }

  /// Throws silent_exit when a signal has come.
  void check_stopped() const;

private:
  interrupts signals_;
  const console& messages_;
  console lines_;
  std::optional<wait_notice> notice_;
  int first_ = 0;   // signal
};

}   // namespace cog
