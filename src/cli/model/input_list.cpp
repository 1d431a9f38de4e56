#include "cli/model/input_list.hpp"
#include "cli/config/words.hpp"
#include <algorithm>
#include <cstdlib>
#include <vector>

namespace cog {

namespace {

std::string text_of(const json_value* value) {
  std::string scratch;
  return value && value->is(json_kind::string) ? std::string{string_content(*value, scratch)} : std::string{};
}

/// What a `$ref`, alone or in an `allOf` of one, means.
const json_value& resolved(const json_value& document, const json_value& schema) {
  auto* target = &schema;
  if (auto* all = schema.find("allOf"); all && all->items.size() == 1)
    target = &all->items.front();
  auto place = text_of(target->find("$ref"));
  auto* found = place.empty()
    ? nullptr
    : document.find_path({"components", "schemas", std::string_view{place}.substr(place.rfind('/') + 1)});
  return found ? *found : *target;
}

std::string type_of(const json_value& document, const json_value& given) {
  auto& schema = resolved(document, given);
  auto type = text_of(schema.find("type"));
  auto format = text_of(schema.find("format"));
  if (type == "string" && format == "uri")
    return "file";
  if (type == "string" && format == "password")
    return "secret";
  if (type == "array") {
    auto* items = schema.find("items");
    return "list of " + (items ? type_of(document, *items) : "anything");
  }
  std::vector<std::string> kinds;
  if (auto* any = schema.find("anyOf"))
    for (auto& one : any->items)
      kinds.push_back(type_of(document, one));
  return !kinds.empty() ? joined(kinds, " or ") : type.empty() ? "anything" : type;
}

std::string range_of(const json_value& schema, const char* least, const char* most, const std::string& unit) {
  auto* from = schema.find(least);
  auto* to = schema.find(most);
  if (from && to)
    return std::string{from->raw} + " to " + std::string{to->raw} + unit;
  if (from)
    return "at least " + std::string{from->raw} + unit;
  return to ? "at most " + std::string{to->raw} + unit : std::string{};
}

std::string choices_of(const json_value& schema) {
  auto* choices = schema.find("enum");
  std::vector<std::string> words;
  if (choices)
    for (auto& one : choices->items)
      words.emplace_back(one.raw);
  return words.empty() ? std::string{} : "one of " + joined(words);
}

std::string facts_of(const json_value& document, const json_value& schema, bool required) {
  std::vector<std::string> facts{type_of(document, schema)};
  auto* fallback = schema.find("default");
  if (required)
    facts.emplace_back("required");
  else if (fallback && !fallback->is(json_kind::null))
    facts.push_back("default " + std::string{fallback->raw});
  else
    facts.emplace_back("optional");
  facts.push_back(range_of(schema, "minimum", "maximum", ""));
  facts.push_back(range_of(schema, "minLength", "maxLength", " letters"));
  facts.push_back(text_of(schema.find("pattern")).empty() ? "" : "matches " + text_of(schema.find("pattern")));
  facts.push_back(choices_of(resolved(document, schema)));
  facts.emplace_back(schema.find("deprecated") && schema.find("deprecated")->is_true() ? "deprecated" : "");
  std::erase(facts, std::string{});
  return joined(facts);
}

int order_of(const json_value& schema) {
  auto* order = schema.find("x-order");
  return order ? std::atoi(std::string{order->raw}.c_str()) : 0;
}

}   // namespace

std::string input_list(const json_value& document) {
  auto* input = document.find_path({"components", "schemas", "Input"});
  auto* properties = input ? input->find("properties") : nullptr;
  if (!properties || properties->members.empty())
    return "This model takes no inputs.\n";
  std::vector<std::string> required;
  if (auto* names = input->find("required"))
    for (auto& name : names->items)
      required.push_back(text_of(&name));
  std::vector<std::pair<std::string, const json_value*>> inputs;
  for (auto& [name, schema] : properties->members)
    inputs.emplace_back(name, &schema);
  std::stable_sort(inputs.begin(), inputs.end(),
                   [](auto& left, auto& right) { return order_of(*left.second) < order_of(*right.second); });
  std::string text;
  for (auto& [name, schema] : inputs) {
    bool needed = std::find(required.begin(), required.end(), name) != required.end();
    text += name + ": " + facts_of(document, *schema, needed) + "\n";
    if (auto about = text_of(schema->find("description")); !about.empty())
      text += "    " + joined(split(about, "\n"), "\n    ") + "\n";
  }
  return text;
}

}   // namespace cog
