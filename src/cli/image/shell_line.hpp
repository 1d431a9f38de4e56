#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// One program with its arguments in a line of shell.
struct shell_command {
  std::vector<std::string> words;   // without quotes; the first is the program, without its folder
  bool reads_pipe = false;
  bool feeds_pipe = false;
};

/// The programs that a line may run, those within `$(...)` and `sh -c "..."` included. It is read as far as it takes to
/// know them: variables stay as they are.
std::vector<shell_command> shell_commands(std::string_view line);

/// Has the line a pipe whose end may stop reading before its beginning has written all? Such a beginning fails.
bool may_break_pipe(const std::vector<shell_command>& commands);

/// The Debian packages that the line itself installs.
std::vector<std::string> apt_packages(const std::vector<shell_command>& commands);

}   // namespace cog
