#include "prediction/text_input.hpp"
#include <array>
#include <charconv>

namespace cog {

namespace {

std::string quoted_json(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

bool is_json(std::string_view text, json_kind kind) {
  json_error ignored;
  auto value = parse_json(text, ignored);
  return value && value->is(kind);
}

std::string as_integer(std::string_view text) {
  int64_t number = 0;
  auto start = text.data() + (text.starts_with('+') ? 1 : 0);
  auto [end, error] = std::from_chars(start, text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::to_string(number) : std::string{};
}

/// Empty when the text is none.
std::string as_number(std::string_view text) {
  if (auto integer = as_integer(text); !integer.empty())
    return integer;
  return is_json(text, json_kind::number) ? std::string{text} : std::string{};
}

/// The first of bool, integer and float that the schema takes, else the text.
std::string value_of_union(const input_schema& schema, const schema_node& node, std::string_view text) {
  std::array<std::string, 3> tries{text == "true" || text == "false" ? std::string{text} : "", as_integer(text),
                                   as_number(text)};
  for (auto& json : tries) {
    json_error ignored;
    if (auto value = parse_json(std::string_view{json}, ignored); value && schema.validate(node, *value, "", nullptr))
      return json;
  }
  return quoted_json(text);
}

}   // namespace

const schema_node& resolved(const input_schema& schema, const schema_node& node) {
  const auto* found = &node;
  for (int depth = 0; depth < 8 && found->types == 0 && found->all_of.size() == 1; ++depth)
    found = &schema.node(found->all_of.front());
  return *found;
}

bool is_of(const schema_node& node, json_kind kind) {
  return node.types != 0 && node.allows(kind);
}

bool is_list(const schema_node& node) {
  return is_of(node, json_kind::array) && !is_of(node, json_kind::string);
}

std::string value_of_text(const input_schema& schema, const schema_node& declared, std::string_view text) {
  auto& node = resolved(schema, declared);
  if (is_list(node))
    return is_json(text, json_kind::array)
      ? std::string{text}
      : "[" + (node.items ? value_of_text(schema, schema.node(*node.items), text) : quoted_json(text)) + "]";
  if (!node.any_of.empty())
    return value_of_union(schema, node, text);
  if (is_of(node, json_kind::string))
    return quoted_json(text);
  std::string json;
  if (is_of(node, json_kind::object) && is_json(text, json_kind::object))
    json = text;
  if (is_of(node, json_kind::boolean) && (text == "true" || text == "false"))
    json = text;
  if (is_of(node, json_kind::number))
    json = node.integer ? as_integer(text) : as_number(text);
  return json.empty() ? quoted_json(text) : json;
}

}   // namespace cog
