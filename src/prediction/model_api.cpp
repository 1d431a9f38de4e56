#include "prediction/model_api.hpp"
#include <algorithm>
#include <cstdio>
#include <limits>
#include <optional>

namespace cog {

namespace {

std::string text_of(const json_value& object, std::string_view key) {
  std::string scratch;
  auto* value = object.find(key);
  return value && value->is(json_kind::string) ? std::string{string_content(*value, scratch)} : std::string{};
}

/// Follows `$ref`, and `allOf` and `anyOf` of one member, which say nothing else of a kind.
const json_value* resolve(const json_value& document, const json_value* schema) {
  constexpr std::string_view prefix = "#/components/schemas/";
  for (int steps = 0; schema && steps < 8; ++steps) {
    auto reference = text_of(*schema, "$ref");
    if (reference.starts_with(prefix)) {
      schema = document.find_path({"components", "schemas", std::string_view{reference}.substr(prefix.size())});
      continue;
    }
    auto* all = schema->find("allOf");
    if (!all)
      all = schema->find("anyOf");
    if (!all || all->items.size() != 1)
      return schema;
    schema = &all->items.front();
  }
  return schema;
}

value_kind kind_of(const json_value& schema) {
  auto type = text_of(schema, "type");
  auto format = text_of(schema, "format");
  if (type == "string")
    return format == "uri"   ? value_kind::file
      : format == "password" ? value_kind::secret
      : schema.find("enum")  ? value_kind::choice
      : format.empty()       ? value_kind::text
                             : value_kind::other;
  if (type == "number")
    return value_kind::number;
  if (type == "integer")
    return value_kind::integer;
  if (type == "boolean")
    return value_kind::boolean;
  return type == "object" ? value_kind::object : value_kind::other;
}

model_input read_input(const json_value& document, const std::string& name, const json_value& property) {
  model_input input;
  input.name = name;
  input.accept = text_of(property, "x-cog-accept");
  auto* schema = resolve(document, &property);
  if (!schema)
    return input;
  input.list = text_of(*schema, "type") == "array";
  if (input.list)
    schema = resolve(document, schema->find("items"));
  if (schema)
    input.kind = kind_of(*schema);
  return input;
}

std::vector<model_input> read_inputs(const json_value& document) {
  std::vector<std::pair<double, model_input>> ordered;
  auto* component = document.find_path({"components", "schemas", "Input"});
  auto* properties = component ? component->find("properties") : nullptr;
  if (!properties)
    return {};
  auto* required = component->find("required");
  for (auto& [name, property] : properties->members) {
    auto input = read_input(document, name, property);
    if (required)
      for (auto& item : required->items) {
        std::string scratch;
        input.required = input.required || string_content(item, scratch) == name;
      }
    auto* order = property.find("x-order");
    ordered.emplace_back(order && order->is(json_kind::number) ? static_cast<double>(number_value(order->raw))
                                                               : std::numeric_limits<double>::max(),
                         std::move(input));
  }
  std::stable_sort(ordered.begin(), ordered.end(), [](auto& left, auto& right) { return left.first < right.first; });
  std::vector<model_input> inputs;
  inputs.reserve(ordered.size());
  for (auto& entry : ordered)
    inputs.push_back(std::move(entry.second));
  return inputs;
}

model_output read_output(const json_value& document, const json_value* schema, int depth) {
  model_output output;
  schema = resolve(document, schema);
  if (!schema || depth > 4)
    return output;
  if (text_of(*schema, "type") == "array") {
    auto item = read_output(document, schema->find("items"), depth + 1);
    output.kind = item.list ? (item.is_number() && !item.matrix ? item.kind : value_kind::other) : item.kind;
    output.matrix = item.list && item.is_number();
    output.fields = std::move(item.fields);
    output.list = true;
    output.iterator = text_of(*schema, "x-cog-array-type") == "iterator";
    output.joined = text_of(*schema, "x-cog-array-display") == "concatenate";
    return output;
  }
  output.kind = kind_of(*schema);
  if (output.kind == value_kind::choice || output.kind == value_kind::secret)
    output.kind = value_kind::text;
  if (auto* properties = schema->find("properties"))
    for (auto& [name, property] : properties->members) {
      output.fields.push_back(read_output(document, &property, depth + 1));
      output.fields.back().name = name;
    }
  return output;
}

/// Of the same text always the same.
std::string hash_of(const json_value& document) {
  std::string text;
  append_json(text, document, number_style::by_value);
  std::string hash;
  for (uint64_t seed = 0; seed < 4; ++seed) {
    uint64_t value = 14695981039346656037ULL ^ (seed * 0x9e3779b97f4a7c15ULL);
    for (unsigned char byte : text)
      value = (value ^ byte) * 1099511628211ULL;
    std::array<char, 17> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(value));
    hash += digits.data();
  }
  return hash;
}

}   // namespace

const model_input* model_api::find(std::string_view name) const {
  auto found = std::find_if(inputs.begin(), inputs.end(), [&](auto& input) { return input.name == name; });
  return found == inputs.end() ? nullptr : &*found;
}

const model_input* model_api::input_of(input_role role) const {
  auto& places = roles[static_cast<size_t>(role)];
  return places.empty() ? nullptr : &inputs[places.front()];
}

const model_input* model_api::only_required() const {
  const model_input* only = nullptr;
  for (auto& input : inputs)
    if (input.required) {
      if (only)
        return nullptr;
      only = &input;
    }
  if (!only && inputs.size() == 1)
    only = &inputs.front();
  return only;
}

model_api make_model_api(const json_value& document, const api_config& config) {
  model_api api;
  api.config = config;
  api.inputs = read_inputs(document);
  api.output = read_output(document, document.find_path({"components", "schemas", "Output"}), 0);
  api.version = hash_of(document);
  assign_roles(api);
  return api;
}

}   // namespace cog
