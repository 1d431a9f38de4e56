#pragma once
#include "json/json_text.hpp"
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cog {

struct json_member;

/// A JSON value with all that is in it. The tokens are views of the text it was read from, which must outlive it.
struct json_value : json_token {
  std::vector<json_value> items;
  std::vector<json_member> members;   // keys unescaped, ascending, unique: the last one counts

  const json_value* find(std::string_view key) const;

  /// `find` along several keys; null when one is missing.
  const json_value* find_path(std::initializer_list<std::string_view> keys) const;

  bool is(json_kind wanted) const { return kind == wanted; }
  bool is_true() const { return raw == "true"; }
};

struct json_member {
  std::string key;
  json_value value;
};

/// What is wrong with a text and where: `input.s: expected ident at line 1 column 18`.
using json_error = std::string;

/// Levels of arrays and objects a text may have.
constexpr int max_json_depth = 128;

/// Reads one value; nothing but white space may follow. Strict JSON: no lone surrogates, no number too big for a
/// double. Returns null and sets `error` when the text is not that.
std::optional<json_value> parse_json(std::string_view text, json_error& error);
std::optional<json_value> parse_json(std::string&& text, json_error& error) = delete;

/// ` at line L column C` for the place after the first `offset` bytes, lines counted from 1.
std::string json_position(std::string_view text, size_t offset);

/// `comparable`: equal numbers have the same text, however they were written; it is not for people.
enum class number_style { as_written, by_value, comparable };

/// Appends the value compactly, keys ascending at every level.
void append_json(std::string& out, const json_value& value, number_style style);

/// A valid JSON text written as the server writes it: compact, keys ascending, numbers by value.
std::string compact_sorted(std::string_view json);

/// Equality as JSON Schema has it: numbers by value, objects whatever the order of their keys.
bool same_value(const json_value& left, const json_value& right);

}   // namespace cog
