#pragma once
#include "cli/console.hpp"

namespace cog {

/// A program cannot be started.
struct start_error : command_error {
  start_error(const std::string& text, int status) : command_error{text}, exit_code{status} {
    // nop
  }
  int exit_code;   // a shell's for it: 127 when there is none, 126 when it cannot be run
};

}   // namespace cog
