#pragma once
#include <string>
#include <string_view>

namespace cog {

/// Decodes the escapes of a JSON string's content, which must be valid. An escape that the end of `text` cuts off is
/// left. Returns how many bytes of `text` were used.
size_t unescape_part(std::string_view text, std::string& out);

/// Decodes `%xx`; anything else stays as it is. An escape that `text` cuts off is left, unless `last` says that nothing
/// follows. Returns how many bytes of `text` were used.
size_t percent_decode(std::string_view text, bool last, std::string& out);

/// A text with `%XX` in place of all that a URL may give a meaning to, and of what is not ASCII.
std::string percent_encoded(std::string_view text);

/// An `errno` as Python prints it: `[Errno 2] No such file or directory: '<path>'`, or without a path if it is empty.
std::string errno_text(int error, std::string_view path);

}   // namespace cog
