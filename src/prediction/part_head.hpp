#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cog {

/// What a part of a form says of itself.
struct part_head {
  std::string name;                       // UTF-8, at most 256 bytes
  std::optional<std::string> file_name;   // as it was sent, decoded; any bytes
  std::string content_type;               // as it was sent; empty: none

  /// Whether it is a file rather than a text: it says a name, or a type that no plain text has.
  bool is_file() const;
};

/// Why a head is none, and where.
struct head_problem {
  const char* what = nullptr;   // null: nothing is wrong
  size_t at = 0;                // bytes from the head's start
};

/// Reads the lines of a part's head, each of which ends in CR LF.
head_problem read_part_head(std::string_view lines, part_head& head);

}   // namespace cog
