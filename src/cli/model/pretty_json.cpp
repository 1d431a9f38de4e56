#include "cli/model/pretty_json.hpp"
#include <array>
#include <charconv>
#include <cmath>

namespace cog {

namespace {

constexpr double largest_plain = 1e21;   // from here on with an exponent
constexpr double smallest_plain = 1e-6;

void append_string(std::string& out, std::string_view utf8) {
  std::string json;
  append_json_string(json, utf8);
  for (char letter : json)
    if (letter == '<')
      out += "\\u003c";
    else if (letter == '>')
      out += "\\u003e";
    else if (letter == '&')
      out += "\\u0026";
    else
      out += letter;
}

void append_float_text(std::string& out, double number) {
  auto size = std::abs(number);
  bool plain = size == 0 || (size >= smallest_plain && size < largest_plain);
  std::array<char, 64> text{};
  auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  std::string written{text.data(), std::to_chars(text.begin(), text.end(), number, format).ptr};
  // An exponent of one digit is written with one.
  if (auto at = written.find_last_of("+-"); !plain && at != written.npos && written[at + 1] == '0')
    written.erase(at + 1, 1);
  out += written;
}

void append_number_text(std::string& out, std::string_view raw) {
  if (raw.find_first_of(".eE") == raw.npos)
    out += raw;
  else
    append_float_text(out, static_cast<double>(number_value(raw)));
}

void append(std::string& out, const json_value& value, size_t depth);

/// Calls `each(i)` for so many members between the brackets.
template <class Each>
void append_members(std::string& out, std::string_view brackets, size_t count, size_t depth, Each each) {
  out += brackets[0];
  for (size_t i = 0; i < count; ++i) {
    out += i == 0 ? "\n" : ",\n";
    out.append(2 * (depth + 1), ' ');
    each(i);
  }
  if (count > 0)
    out.append("\n").append(2 * depth, ' ');
  out += brackets[1];
}

void append_member(std::string& out, std::string_view key, const json_value& value, size_t depth) {
  append_string(out, key);
  out += ": ";
  append(out, value, depth);
}

void append(std::string& out, const json_value& value, size_t depth) {
  std::string scratch;
  if (value.is(json_kind::string))
    append_string(out, string_content(value, scratch));
  else if (value.is(json_kind::number))
    append_number_text(out, value.raw);
  else if (value.is(json_kind::array))
    append_members(out, "[]", value.items.size(), depth, [&](size_t i) { append(out, value.items[i], depth + 1); });
  else if (value.is(json_kind::object))
    append_members(out, "{}", value.members.size(), depth,
                   [&](size_t i) { append_member(out, value.members[i].key, value.members[i].value, depth + 1); });
  else
    out += value.raw;
}

}   // namespace

std::string pretty_json(const json_value& value) {
  std::string out;
  append(out, value, 0);
  return out;
}

std::string pretty_object(const std::vector<std::pair<std::string, const json_value*>>& members) {
  std::string out;
  append_members(out, "{}", members.size(), 0,
                 [&](size_t i) { append_member(out, members[i].first, *members[i].second, 1); });
  return out;
}

}   // namespace cog
