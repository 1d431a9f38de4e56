#include "json/json_text.hpp"
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace cog {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Bytes of the UTF-8 sequence at the front; 0 if it is none.
size_t sequence_length(std::string_view text) {
  auto at = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  auto follows = [&](size_t i, uint8_t low = 0x80, uint8_t high = 0xBF) { return at(i) >= low && at(i) <= high; };
  auto lead = at(0);
  if (lead < 0x80)
    return 1;
  if (lead >= 0xC2 && lead <= 0xDF)
    return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    auto low = lead == 0xE0 ? uint8_t{0xA0} : uint8_t{0x80};
    auto high = lead == 0xED ? uint8_t{0x9F} : uint8_t{0xBF};
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    auto low = lead == 0xF0 ? uint8_t{0x90} : uint8_t{0x80};
    auto high = lead == 0xF4 ? uint8_t{0x8F} : uint8_t{0xBF};
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

void append_escape(std::string& out, char c) {
  constexpr char digits[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += digits[static_cast<uint8_t>(c) >> 4];
      out += digits[c & 15];
  }
}

/// Four hexadecimal digits; nothing else will do.
std::optional<uint32_t> code_unit(std::string_view digits) {
  uint32_t value = 0;
  if (digits.size() < 4 || digits.front() == '-')
    return std::nullopt;
  auto end = digits.data() + 4;
  auto [stop, ec] = std::from_chars(digits.data(), end, value, 16);
  if (ec != std::errc{} || stop != end)
    return std::nullopt;
  return value;
}

bool is_high(uint32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}

bool is_low(uint32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

void append_code_point(std::string& out, uint32_t code) {
  auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80)
    return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

char simple_escape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

template <class Integer>
std::optional<Integer> integer_value(std::string_view raw) {
  Integer value{};
  auto [stop, ec] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  if (ec != std::errc{} || stop != raw.data() + raw.size() || raw == "-0")
    return std::nullopt;
  return value;
}

double float_value(std::string_view raw) {
  double value = 0;
  auto [stop, ec] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  if (ec == std::errc::result_out_of_range)   // strtod tells too big from too small
    return std::strtod(std::string{raw}.c_str(), nullptr);
  return value;
}

/// The top bit of each of eight bytes that is no ASCII or stands escaped in a JSON string; what lies above the first
/// such byte may be wrong.
uint64_t find_special(uint64_t bytes) {
  constexpr uint64_t ones = 0x0101010101010101;
  constexpr uint64_t tops = 0x80 * ones;
  auto zeros = [](uint64_t word) { return (word - ones) & ~word; };
  auto below_space = (bytes - 0x20 * ones) & ~bytes;
  return (bytes | below_space | zeros(bytes ^ '"' * ones) | zeros(bytes ^ '\\' * ones)) & tops;
}

bool is_plain(char letter) {
  auto c = static_cast<uint8_t>(letter);
  return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/// How much of the text from `at` on can stand in a JSON string as it is.
size_t plain_length(std::string_view text, size_t at) {
  static_assert(std::endian::native == std::endian::little);
  auto first = at;
  for (uint64_t bytes = 0; at + sizeof bytes <= text.size(); at += sizeof bytes) {
    std::memcpy(&bytes, text.data() + at, sizeof bytes);
    if (auto special = find_special(bytes))
      return at + static_cast<size_t>(std::countr_zero(special)) / 8 - first;
  }
  while (at < text.size() && is_plain(text[at]))
    ++at;
  return at - first;
}

}   // namespace

void append_json_string(std::string& out, std::string_view utf8) {
  out.reserve(out.size() + utf8.size() + 2);
  out += '"';
  size_t plain = 0;
  for (size_t i = 0; (i += plain_length(utf8, i)) < utf8.size();) {
    auto length = sequence_length(utf8.substr(i));
    if (length > 1) {
      i += length;
      continue;
    }
    out += utf8.substr(plain, i - plain);
    if (length == 0)
      out += replacement;
    else
      append_escape(out, utf8[i]);
    plain = ++i;
  }
  out += utf8.substr(plain);
  out += '"';
}

bool valid_escapes(std::string_view inner) {
  for (size_t i = inner.find('\\'); i != std::string_view::npos; i = inner.find('\\', i)) {
    if (i + 1 >= inner.size() || !std::strchr("\"\\/bfnrtu", inner[i + 1]) || inner[i + 1] == '\0')
      return false;
    if (inner[i + 1] != 'u') {
      i += 2;
      continue;
    }
    auto unit = code_unit(inner.substr(i + 2));
    if (!unit || is_low(*unit))
      return false;
    i += 6;
    if (is_high(*unit)) {
      auto low = inner.substr(i, 2) == "\\u" ? code_unit(inner.substr(i + 2)) : std::nullopt;
      if (!low || !is_low(*low))
        return false;
      i += 6;
    }
  }
  return true;
}

void append_unescaped(std::string& out, std::string_view inner) {
  size_t plain = 0;
  for (size_t i = inner.find('\\'); i != std::string_view::npos; i = inner.find('\\', i)) {
    out += inner.substr(plain, i - plain);
    if (inner[i + 1] != 'u') {
      out += simple_escape(inner[i + 1]);
      i += 2;
    } else {
      auto code = code_unit(inner.substr(i + 2)).value_or(0);
      i += 6;
      if (is_high(code)) {
        auto low = code_unit(inner.substr(i + 2)).value_or(0xDC00);
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        i += 6;
      }
      append_code_point(out, code);
    }
    plain = i;
  }
  out += inner.substr(plain);
}

std::string_view string_content(const json_token& token, std::string& scratch) {
  auto inner = token.raw.substr(1, token.raw.size() - 2);
  if (!token.escaped)
    return inner;
  scratch.clear();
  append_unescaped(scratch, inner);
  return scratch;
}

void append_float(std::string& out, double value) {
  char digits[32];
  auto size = std::fabs(value);
  auto plain = size == 0 || (size >= 1e-5 && size < 1e16);
  auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  auto end = std::to_chars(digits, digits + sizeof digits, value, format).ptr;
  std::string_view text{digits, static_cast<size_t>(end - digits)};
  if (plain) {
    out += text;
    if (text.find('.') == std::string_view::npos)
      out += ".0";
    return;
  }
  // The library writes at least two digits of exponent: `1e-07`.
  auto exponent = text.find('e') + 2;
  out += text.substr(0, exponent);
  if (text[exponent] == '0')
    ++exponent;
  out += text.substr(exponent);
}

void append_number(std::string& out, std::string_view raw) {
  if (integer_value<int64_t>(raw) || integer_value<uint64_t>(raw))
    out += raw;
  else
    append_float(out, float_value(raw));
}

long double number_value(std::string_view raw) {
  if (auto value = integer_value<int64_t>(raw))
    return static_cast<long double>(*value);
  if (auto value = integer_value<uint64_t>(raw))
    return static_cast<long double>(*value);
  return float_value(raw);
}

}   // namespace cog
