#include "cli/model/inputs.hpp"
#include "cli/console.hpp"
#include "cli/model/input_file.hpp"
#include "cli/model/input_values.hpp"
#include "prediction/text_input.hpp"
#include <algorithm>

namespace cog {

using namespace std::string_view_literals;

namespace {

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
    object += ":" + value_of_texts(schema, name, values);
  }
  return object.empty() ? "{}" : object + "}";
}

std::string object_of_json(const json_value& inputs, const input_schema* schema) {
  std::string object;
  for (auto& [name, value] : inputs.members) {
    object += object.empty() ? "{" : ",";
    append_json_string(object, name);
    object += ":" + value_of_json(schema, name, value);
  }
  return object.empty() ? "{}" : object + "}";
}

/// Is it all inside one pair of double quotes? Not so `"a" and "b"`, but the same with a pair more round it.
bool is_quoted(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"'))
    return false;
  auto inside = text.substr(1, text.size() - 2);
  bool escaped = false;
  bool has_quote = false;
  for (auto letter : inside) {
    has_quote |= letter == '"' && !escaped;
    escaped = letter == '\\' && !escaped;
  }
  return !escaped && (!has_quote || (inside.starts_with('"') && inside.ends_with('"')));
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
    if (is_quoted(value))
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
  auto object = given.json ? object_of_json(from_json, schema) : object_of_pairs(given, schema);
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
