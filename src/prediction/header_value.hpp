#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cog {

/// A header field's value of the form `word; name=value; name="value"`.
struct header_value {
  std::string_view word;                                         // without the spaces round it; a view of the text
  std::vector<std::pair<std::string, std::string>> parameters;   // names in lower case

  /// Null when there is none of that name, which is in lower case.
  const std::string* find(std::string_view name) const;
};

/// In quotes a backslash escapes a quote and a backslash alone, since some clients send paths of Windows as they are.
/// None: it has another form, or one parameter twice.
std::optional<header_value> read_header_value(std::string_view text);

/// Whether both are the same but for the case of ASCII letters.
bool is_same_word(std::string_view left, std::string_view right);

}   // namespace cog
