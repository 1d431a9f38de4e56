#pragma once
#include "json/json_tree.hpp"
#include <simdjson.h>
#include <string>
#include <string_view>

namespace cog {

// simdjson's On-Demand parser checks only what it visits. These functions visit everything: after them a value is known
// to be sound JSON down to its last digit and escape. Each returns false when the text is not; then only a second look
// with `parse_json` tells what is wrong.

/// Sets `token.kind` and the place where the value begins. Reads nothing.
bool peek_value(simdjson::ondemand::value& value, json_token& token);

/// Reads the scalar that was peeked at.
bool read_scalar(simdjson::ondemand::value& value, json_token& token);

/// Reads any value that was peeked at; `depth` counts the arrays and objects round it.
bool read_value(simdjson::ondemand::value& value, json_token& token, int depth);

/// The key of a field; `scratch` holds it when it has escapes. `end` is set to the place after its closing quote.
bool read_key(simdjson::ondemand::field& field, std::string& scratch, std::string_view& key, const char*& end);

/// Lets `token` end where the array or object ends that has just been read to its end.
bool close_value(simdjson::ondemand::value& value, json_token& token);

inline bool is_container(json_kind kind) {
  return kind == json_kind::array || kind == json_kind::object;
}

/// Calls `each(value)` for each item of an array.
template <class Each>
bool read_items(simdjson::ondemand::value& value, Each each) {
  simdjson::ondemand::array array;
  if (value.get_array().get(array))
    return false;
  for (auto result : array) {
    simdjson::ondemand::value item;
    // NOLINTNEXTLINE(performance-move-const-arg): `get` is for rvalues only
    if (std::move(result).get(item) || !each(item))
      return false;
  }
  return true;
}

/// Calls `each(key, value, end of key)` for each field of an object.
template <class Each>
bool read_fields(simdjson::ondemand::object object, Each each) {
  std::string scratch;
  for (auto result : object) {
    simdjson::ondemand::field field;
    std::string_view key;
    const char* end = nullptr;
    if (std::move(result).get(field) || !read_key(field, scratch, key, end) || !each(key, field.value(), end))
      return false;
  }
  return true;
}

template <class Each>
bool read_members(simdjson::ondemand::value& value, Each each) {
  simdjson::ondemand::object object;
  return !value.get_object().get(object) && read_fields(object, each);
}

}   // namespace cog
