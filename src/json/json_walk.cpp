#include "json/json_walk.hpp"
#include <cstring>

namespace cog {

namespace od = simdjson::ondemand;

namespace {

std::string_view trimmed(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \t\n\r") + 1);
}

bool read_string(json_token& token) {
  if (token.raw.size() < 2 || token.raw.back() != '"')
    return false;
  auto inner = token.raw.substr(1, token.raw.size() - 2);
  token.escaped = inner.find('\\') != std::string_view::npos;
  return !token.escaped || valid_escapes(inner);
}

}   // namespace

bool peek_value(od::value& value, json_token& token) {
  od::json_type type;
  if (value.type().get(type))
    return false;
  switch (type) {
    case od::json_type::array:
      token.kind = json_kind::array;
      break;
    case od::json_type::object:
      token.kind = json_kind::object;
      break;
    case od::json_type::number:
      token.kind = json_kind::number;
      break;
    case od::json_type::string:
      token.kind = json_kind::string;
      break;
    case od::json_type::boolean:
      token.kind = json_kind::boolean;
      break;
    case od::json_type::null:
      token.kind = json_kind::null;
      break;
  }
  token.raw = trimmed(value.raw_json_token());
  return true;
}

bool read_scalar(od::value& value, json_token& token) {
  double number = 0;
  bool flag = false;
  od::raw_json_string string;
  switch (token.kind) {
    case json_kind::null:
      return token.raw == "null";   // the iterator steps over it
    case json_kind::boolean:
      return !value.get_bool().get(flag);
    case json_kind::number:
      return !value.get_double().get(number);
    case json_kind::string:
      return !value.get_raw_json_string().get(string) && read_string(token);
    case json_kind::array:
    case json_kind::object:
      return false;
  }
  return false;
}

bool read_value(od::value& value, json_token& token, int depth) {
  if (!is_container(token.kind))
    return read_scalar(value, token);
  if (depth == max_json_depth)
    return false;
  auto read_child = [&](od::value& child) {
    json_token inside;
    return peek_value(child, inside) && read_value(child, inside, depth + 1);
  };
  auto read_member = [&](std::string_view, od::value& child, const char*) { return read_child(child); };
  auto sound = token.kind == json_kind::array ? read_items(value, read_child) : read_members(value, read_member);
  return sound && close_value(value, token);
}

bool read_key(od::field& field, std::string& scratch, std::string_view& key, const char*& end) {
  auto begin = field.key().raw();
  auto escaped = false;
  for (end = begin; *end != '"'; ++end)
    if (*end == '\\') {
      escaped = true;
      ++end;
    }
  key = {begin, static_cast<size_t>(end - begin)};
  ++end;
  if (!escaped)
    return true;
  if (!valid_escapes(key))
    return false;
  scratch.clear();
  append_unescaped(scratch, key);
  key = scratch;
  return true;
}

bool close_value(od::value& value, json_token& token) {
  const char* next = nullptr;
  if (value.current_location().get(next))
    return false;
  token.raw = trimmed({token.raw.data(), static_cast<size_t>(next - token.raw.data())});
  return true;
}

}   // namespace cog
