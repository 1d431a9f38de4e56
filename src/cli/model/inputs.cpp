#include "cli/model/inputs.hpp"
#include "cli/console.hpp"
#include "cli/model/input_file.hpp"
#include <algorithm>
#include <charconv>
#include <unistd.h>

namespace cog {

using namespace std::string_view_literals;

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

/// The schema that a value of `node` has in the end: an enum is behind `allOf` and a reference.
const schema_node& resolved(const input_schema& schema, const schema_node& node) {
  const auto* found = &node;
  for (int depth = 0; depth < 8 && found->types == 0 && found->all_of.size() == 1; ++depth)
    found = &schema.node(found->all_of.front());
  return *found;
}

bool is_of(const schema_node& node, json_kind kind) {
  return node.types != 0 && node.allows(kind);
}

std::string as_integer(const std::string& text) {
  int64_t number = 0;
  auto start = text.data() + (text.starts_with('+') ? 1 : 0);
  auto [end, error] = std::from_chars(start, text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::to_string(number) : std::string{};
}

/// Empty when the text is none.
std::string as_number(const std::string& text) {
  if (auto integer = as_integer(text); !integer.empty())
    return integer;
  return is_json(text, json_kind::number) ? text : std::string{};
}

std::string typed(const input_schema& schema, const schema_node& node, const std::string& text);

/// The first of bool, integer and float that the schema takes, else the text.
std::string typed_union(const input_schema& schema, const schema_node& node, const std::string& text) {
  std::string tries[] = {text == "true" || text == "false" ? text : "", as_integer(text), as_number(text)};
  for (auto& json : tries) {
    json_error ignored;
    if (auto value = parse_json(std::string_view{json}, ignored); value && schema.validate(node, *value, "", nullptr))
      return json;
  }
  return quoted_json(text);
}

std::string typed_list(const input_schema& schema, const schema_node& node, const std::string& text) {
  if (is_json(text, json_kind::array))
    return text;
  return "[" + (node.items ? typed(schema, schema.node(*node.items), text) : quoted_json(text)) + "]";
}

/// A text that does not fit stays a string, of which the check then says what is wrong.
std::string typed(const input_schema& schema, const schema_node& declared, const std::string& text) {
  if (is_input_file(text))
    return quoted_json(input_file_url(text));
  auto& node = resolved(schema, declared);
  if (!node.any_of.empty())
    return typed_union(schema, node, text);
  std::string json;
  if (is_of(node, json_kind::string))
    return quoted_json(text);
  if (is_of(node, json_kind::array))
    return typed_list(schema, node, text);
  if (is_of(node, json_kind::object) && is_json(text, json_kind::object))
    json = text;
  if (is_of(node, json_kind::boolean) && (text == "true" || text == "false"))
    json = text;
  if (is_of(node, json_kind::number))
    json = node.integer ? as_integer(text) : as_number(text);
  return json.empty() ? quoted_json(text) : json;
}

std::string typed_pair(const input_schema* schema, const std::string& name, const std::vector<std::string>& values) {
  auto* property = schema ? schema->property(name) : nullptr;
  auto item = [&](const std::string& text) {
    if (!property)
      return quoted_json(is_input_file(text) ? input_file_url(text) : text);
    auto& node = resolved(*schema, schema->node(property->second));
    if (values.size() > 1 && node.items)
      return typed(*schema, schema->node(*node.items), text);
    return typed(*schema, node, text);
  };
  try {
    if (values.size() == 1)
      return item(values.front());
    std::string list;
    for (auto& value : values)
      list += (list.empty() ? "" : ",") + item(value);
    return "[" + list + "]";
  } catch (const command_error& error) {
    throw command_error{"input \"" + name + "\": " + error.what()};
  }
}

std::string object_of_pairs(const given_inputs& given, const input_schema* schema) {
  std::vector<std::pair<std::string, std::vector<std::string>>> grouped;
  for (auto& pair : given.pairs) {
    auto same_name = [&](auto& group) { return group.first == pair.first; };
    auto known = std::find_if(grouped.begin(), grouped.end(), same_name);
    if (known == grouped.end())
      known = grouped.insert(grouped.end(), {pair.first, {}});
    known->second.push_back(pair.second);
  }
  std::string object;
  for (auto& [name, values] : grouped) {
    object += object.empty() ? "{" : ",";
    append_json_string(object, name);
    object += ":" + typed_pair(schema, name, values);
  }
  return object.empty() ? "{}" : object + "}";
}

/// Top-level strings that begin with `@` become the content of the file.
std::string object_of_json(const json_value& inputs) {
  std::string object;
  for (auto& [name, value] : inputs.members) {
    object += object.empty() ? "{" : ",";
    append_json_string(object, name);
    object += ":";
    std::string scratch;
    auto text = value.is(json_kind::string) ? std::string{string_content(value, scratch)} : std::string{};
    if (text.starts_with('@')) {
      try {
        append_json_string(object, input_file_url(text, false));
      } catch (const command_error& error) {
        throw command_error{"input \"" + name + "\": failed to read file \"" + text.substr(1) + "\": " + error.what()};
      }
    } else {
      object += value.raw;
    }
  }
  return object.empty() ? "{}" : object + "}";
}

json_value parsed_object(const std::string& text, const std::string& what) {
  json_error error;
  auto value = parse_json(std::string_view{text}, error);
  if (!value)
    throw command_error{"Failed to parse " + what + ": " + error};
  if (!value->is(json_kind::object))
    throw command_error{"Failed to parse " + what + ": it must be a JSON object, such as {\"name\": \"value\"}"};
  return std::move(*value);
}

std::string listed_names(const input_schema& schema) {
  std::string names;
  for (auto& [name, place] : schema.root().properties)
    names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "model does not accept inputs" : "valid inputs are: " + names;
}

std::string type_words(const input_schema& schema, const schema_node& declared) {
  auto& node = resolved(schema, declared);
  if (node.file)
    return "file";
  std::string words;
  for (auto& [kind, name] : {std::pair{json_kind::boolean, "boolean"}, std::pair{json_kind::number, "number"},
                             std::pair{json_kind::string, "string"}, std::pair{json_kind::array, "list"},
                             std::pair{json_kind::object, "object"}})
    if (is_of(node, kind))
      words += (words.empty() ? "" : " or ") + std::string{node.integer && name == "number"sv ? "integer" : name};
  return words.empty() ? "any" : words;
}

/// What the model takes, a line for each input.
std::string described_inputs(const input_schema& schema) {
  std::string text = "\n\nInputs of the model:";
  auto& required = schema.root().required;
  for (auto& [name, place] : schema.root().properties) {
    text += "\n  " + name + " (" + type_words(schema, schema.node(place));
    text += std::find(required.begin(), required.end(), name) != required.end() ? ", required)" : ")";
  }
  return text;
}

/// A sentence about the names that the schema does not have; empty when it has all.
std::string unknown_names(std::vector<std::string> names, const input_schema& schema) {
  auto& root = schema.root();
  if (root.additional || (root.properties.empty() && root.types == 0))
    return {};
  std::erase_if(names, [&](auto& name) { return schema.property(name) != nullptr; });
  if (names.empty())
    return {};
  std::string text = names.size() == 1 ? "unknown input " : "unknown inputs ";
  for (auto& name : names)
    text += (&name == &names.front() ? "\"" : ", \"") + name + "\"";
  return text + "; " + listed_names(schema);
}

}   // namespace

given_inputs read_given(const std::vector<std::string>& inputs, const std::optional<std::string>& json) {
  given_inputs given;
  if (json && !inputs.empty())
    throw command_error{"Must use one of --json or --input to provide model inputs"};
  for (auto& input : inputs) {
    auto equals = input.find('=');
    if (equals == input.npos)
      throw command_error{"Failed to parse input '" + input + "', expected format is 'name=value'"};
    auto value = input.substr(equals + 1);
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
      value = value.substr(1, value.size() - 2);
    given.pairs.emplace_back(input.substr(0, equals), std::move(value));
  }
  if (json)
    given.json = *json == "-"  ? read_input_file("-")
      : json->starts_with('@') ? read_input_file(json->substr(1))
                               : *json;
  return given;
}

std::string typed_inputs(const given_inputs& given, const input_schema* schema) {
  std::vector<std::string> names;
  json_value from_json;
  if (given.json)
    from_json = parsed_object(*given.json, "--json");
  for (auto& [name, value] : given.pairs)
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  for (auto& member : from_json.members)
    names.push_back(member.key);
  if (schema)
    if (auto problem = unknown_names(names, *schema); !problem.empty())
      throw command_error{problem};
  auto object = given.json ? object_of_json(from_json) : object_of_pairs(given, schema);
  if (!schema)
    return object;
  json_error error;
  auto value = parse_json(std::string_view{object}, error);
  if (!value)
    throw command_error{"the inputs are no sound JSON: " + error};
  if (auto problem = joined_problems(check_inputs(*value, *schema)); !problem.empty()) {
    bool missing = problem.find("missing required input") != problem.npos;
    throw command_error{problem + (missing ? described_inputs(*schema) : "")};
  }
  return object;
}

std::string joined_problems(const std::vector<std::string>& problems) {
  if (problems.size() < 2)
    return problems.empty() ? std::string{} : problems.front();
  std::string text = "input validation failed:";
  for (auto& problem : problems)
    text += "\n- " + problem;
  return text;
}

}   // namespace cog
