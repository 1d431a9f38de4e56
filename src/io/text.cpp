#include "io/text.hpp"
#include "json/json_text.hpp"
#include <algorithm>
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

int hex_digit(char letter) {
  if (letter >= '0' && letter <= '9')
    return letter - '0';
  letter |= 0x20;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
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

size_t percent_decode(std::string_view text, bool last, std::string& out) {
  size_t at = 0;
  while (true) {
    auto escape = std::min(text.find('%', at), text.size());
    out.append(text, at, escape - at);
    at = escape;
    if (at == text.size() || (text.size() - at < 3 && !last))
      return at;
    auto high = text.size() - at < 3 ? -1 : hex_digit(text[at + 1]);
    auto low = high < 0 ? -1 : hex_digit(text[at + 2]);
    if (low < 0) {
      out += '%';
      at += 1;
    } else {
      out += static_cast<char>(high << 4 | low);
      at += 3;
    }
  }
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view kept = "-._~";
  std::string out;
  for (unsigned char byte : text) {
    bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
      kept.find(static_cast<char>(byte)) != kept.npos;
    if (plain)
      out += static_cast<char>(byte);
    else
      out.append({'%', digits[byte >> 4], digits[byte & 15]});
  }
  return out;
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
