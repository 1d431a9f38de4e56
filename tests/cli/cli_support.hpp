#pragma once
#include "cli/console.hpp"
#include <iostream>
#include <sstream>

/// What goes to standard error through C++ streams, for as long as this lives.
class heard {
public:
  heard() : before_{std::cerr.rdbuf(text_.rdbuf())} {
    // nop
  }
  heard(const heard&) = delete;
  ~heard() { std::cerr.rdbuf(before_); }

  std::string text() const { return text_.str(); }

private:
  std::ostringstream text_;
  std::streambuf* before_;
};

/// The console of somebody who has no terminal.
inline cog::console plain_console() {
  cog::console messages;
  messages.color = messages.terminal = false;
  return messages;
}
