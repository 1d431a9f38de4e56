#pragma once
#include <string>

namespace cog {

/// Does the value of an input name a file: `@path`, or `@-` for standard input?
inline bool is_input_file(const std::string& value) {
  return value.size() > 1 && value.starts_with('@');
}

/// The content of a file, of standard input for `-`. Throws command_error in the words of the system.
std::string read_input_file(const std::string& path);

/// The file that `@path` names as `data:<media type by its name>;base64,...`; `~` at its start is the home folder where
/// `expand` says so. Throws command_error.
std::string input_file_url(const std::string& value, bool expand = true);

/// A path with a leading `~/` replaced by the home folder.
std::string expand_home(const std::string& path);

}   // namespace cog
