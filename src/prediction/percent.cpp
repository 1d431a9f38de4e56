#include "prediction/percent.hpp"
#include <algorithm>

namespace cog {

namespace {

int hex_digit(char letter) {
  if (letter >= '0' && letter <= '9')
    return letter - '0';
  letter |= 0x20;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

}   // namespace

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

}   // namespace cog
