#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

namespace cog {

/// Ends a command with exit code 1; the text says what was wrong, where, and what to do.
struct command_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A mistake in the command line itself: the usage of the command is printed, too.
struct usage_error : command_error {
  using command_error::command_error;
};

/// Ends a command with this exit code when all has been said.
struct silent_exit {
  int code = 1;
};

/// The tool's messages. All go to standard error, each ends with a new line; only a command's result goes to standard
/// output.
class console {
public:
  /// Colour where standard error is a terminal and nothing in the environment forbids it.
  console();

  void debug(std::string_view text) const;   // only with --debug
  void info(std::string_view text) const;
  void warn(std::string_view text) const;
  void error(std::string_view text) const;
  void success(std::string_view text) const;

  /// What others say: as it is, without a new line of ours.
  void pass_on(std::string_view text) const;

  /// A line at the end of all others, which the next one replaces. A terminal alone shows it, and not while somebody
  /// else's line is unfinished.
  void status(std::string_view text) const;
  void clear_status() const;

  /// Somebody else writes to the terminal: no status until one of our own messages.
  void leave_line() const;

  bool show_debug = false;
  bool color = false;
  bool terminal = false;   // lines of standard error can be replaced

private:
  void print(std::string_view style, std::string_view icon, std::string_view text) const;

  mutable bool status_shown_ = false;
  mutable bool unfinished_ = false;   // the cursor is not at the start of a line
  mutable bool left_ = false;         // to somebody else
};

}   // namespace cog
