#include "io/text.hpp"
#include "json/json_text.hpp"
#include <array>
#include <cstring>

namespace cog {

namespace {

/// The length of the escape at the start of `text`, with both halves of a surrogate pair; more than `text` has if it is
/// cut off.
size_t escape_length(std::string_view text) {
  if (text.size() < 2 || text[1] != 'u')
    return 2;
  if (text.size() < 4)
    return 6;
  bool high_surrogate = (text[2] | 0x20) == 'd' && std::strchr("89abAB", text[3]);
  return high_surrogate ? 12 : 6;
}

}   // namespace

size_t unescape_part(std::string_view text, std::string& out) {
  auto whole = text.size();
  for (auto at = text.find('\\'); at != text.npos; at = text.find('\\', at)) {
    auto length = escape_length(text.substr(at));
    if (at + length > text.size()) {
      whole = at;
      break;
    }
    at += length;
  }
  append_unescaped(out, text.substr(0, whole));
  return whole;
}

std::string errno_text(int error, std::string_view path) {
  std::array<char, 128> buffer;
  std::string out = "[Errno " + std::to_string(error) + "] ";
  out += ::strerror_r(error, buffer.data(), buffer.size());
  if (!path.empty())
    out.append(": '").append(path).append("'");
  return out;
}

}   // namespace cog
