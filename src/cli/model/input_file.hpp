#pragma once
#include <string>
#include <string_view>

namespace cog {

/// Does the value of an input name a file: `@path`, or `@-` for standard input? `@@x` is the text `@x`.
inline bool is_input_file(std::string_view value) {
  return value.size() > 1 && value.starts_with('@') && !value.starts_with("@@");
}

/// A text as it is meant: `@@x` is `@x`.
inline std::string_view plain_text(std::string_view value) {
  return value.starts_with("@@") ? value.substr(1) : value;
}

/// The content of a file, of standard input for `-`. Throws command_error in the words of the system.
std::string read_input_file(const std::string& path);

/// The file that `@path` names as `data:<media type by its name>;name=<its name>;base64,...`; `~` at its start is the home folder where
/// `expand` says so. Throws command_error.
std::string input_file_url(const std::string& value, bool expand = true);

/// A path with a leading `~/` replaced by the home folder.
std::string expand_home(const std::string& path);

}   // namespace cog
