#pragma once
#include <string>
#include <string_view>

namespace cog {

/// Decodes `%xx`; anything else stays as it is. An escape that `text` cuts off is left, unless `last` says that nothing
/// follows. Returns how many bytes of `text` were used.
size_t percent_decode(std::string_view text, bool last, std::string& out);

/// A text with `%XX` in place of all that a URL may give a meaning to, and of what is not ASCII.
std::string percent_encoded(std::string_view text);

}   // namespace cog
