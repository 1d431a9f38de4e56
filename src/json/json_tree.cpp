#include "json/json_tree.hpp"
#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace cog {

namespace {

void append_comparable(std::string& out, long double number) {
  std::array<char, 48> text{};
  auto length = std::snprintf(text.data(), text.size(), "%La", number + 0.0L);   // no negative zero
  out.append(text.data(), static_cast<size_t>(length));
}

}   // namespace

const json_value* json_value::find(std::string_view key) const {
  auto it = std::lower_bound(members.begin(), members.end(), key, [](auto& m, auto& wanted) { return m.key < wanted; });
  return it != members.end() && it->key == key ? &it->value : nullptr;
}

const json_value* json_value::find_path(std::initializer_list<std::string_view> keys) const {
  auto place = this;
  for (auto key : keys)
    if (place)
      place = place->find(key);
  return place;
}

void append_json(std::string& out, const json_value& value, number_style style) {
  auto separator = "";
  auto separate = [&] { out += std::exchange(separator, ","); };
  std::string scratch;
  switch (value.kind) {
    case json_kind::null:
    case json_kind::boolean:
      out += value.raw;
      break;
    case json_kind::number:
      switch (style) {
        case number_style::as_written:
          out += value.raw;
          break;
        case number_style::by_value:
          append_number(out, value.raw);
          break;
        case number_style::comparable:
          append_comparable(out, number_value(value.raw));
          break;
      }
      break;
    case json_kind::string:
      append_json_string(out, string_content(value, scratch));
      break;
    case json_kind::array:
      out += '[';
      for (auto& item : value.items) {
        separate();
        append_json(out, item, style);
      }
      out += ']';
      break;
    case json_kind::object:
      out += '{';
      for (auto& [key, member] : value.members) {
        separate();
        append_json_string(out, key);
        out += ':';
        append_json(out, member, style);
      }
      out += '}';
      break;
  }
}

std::string compact_sorted(std::string_view json) {
  json_error error;
  std::string out;
  if (auto value = parse_json(json, error))
    append_json(out, *value, number_style::by_value);
  return out;
}

bool same_value(const json_value& left, const json_value& right) {
  if (left.kind != right.kind)
    return false;
  std::string a, b;
  switch (left.kind) {
    case json_kind::null:
      return true;
    case json_kind::boolean:
      return left.raw == right.raw;
    case json_kind::number:
      return number_value(left.raw) == number_value(right.raw);
    case json_kind::string:
      return string_content(left, a) == string_content(right, b);
    case json_kind::array:
      return std::equal(left.items.begin(), left.items.end(), right.items.begin(), right.items.end(), same_value);
    case json_kind::object:
      return std::equal(left.members.begin(), left.members.end(), right.members.begin(), right.members.end(),
                        [](auto& l, auto& r) { return l.key == r.key && same_value(l.value, r.value); });
  }
  return false;
}

}   // namespace cog
