#pragma once
#include <termios.h>

namespace cog {

/// Keys of the terminal at standard input come one by one and are not shown, for as long as this lives.
class terminal_keys {
public:
  terminal_keys();
  terminal_keys(const terminal_keys&) = delete;
  terminal_keys& operator=(const terminal_keys&) = delete;
  ~terminal_keys();

  /// The next key that was pressed; 0: none, -1: there will be none.
  static int take();

private:
  termios before_{};
  bool changed_ = false;
};

}   // namespace cog
