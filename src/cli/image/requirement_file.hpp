#pragma once
#include <string>
#include <vector>

namespace cog {

struct numbered_line {
  size_t number = 0;   // from 1; of the last line of those that a backslash joins
  std::string text;
};

/// The lines of a requirements file as pip reads them: UTF-8, or UTF-16 that says so, joined at backslashes, without
/// comments and empty lines. Throws command_error when the file cannot be read, or is no text.
std::vector<numbered_line> read_requirement_lines(const std::string& path);

}   // namespace cog
