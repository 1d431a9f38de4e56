#pragma once
#include "prediction/percent.hpp"
#include <string>
#include <string_view>

namespace cog {

/// Decodes the escapes of a JSON string's content, which must be valid. An escape that the end of `text` cuts off is
/// left. Returns how many bytes of `text` were used.
size_t unescape_part(std::string_view text, std::string& out);

/// An `errno` as Python prints it: `[Errno 2] No such file or directory: '<path>'`, or without a path if it is empty.
std::string errno_text(int error, std::string_view path);

}   // namespace cog
