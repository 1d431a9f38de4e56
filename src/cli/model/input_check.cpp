#include "cli/model/inputs.hpp"
#include <algorithm>

namespace cog {

namespace {

std::string name_of(json_kind kind) {
  constexpr std::string_view names[] = {"null", "boolean", "number", "string", "array", "object"};
  return std::string{names[static_cast<size_t>(kind)]};
}

/// The types that a schema takes: `a, b or c`.
void collect_types(const input_schema& schema, const schema_node& node, std::vector<std::string>& names) {
  auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  };
  for (auto kind :
       {json_kind::null, json_kind::boolean, json_kind::number, json_kind::string, json_kind::array, json_kind::object})
    if (node.types != 0 && node.allows(kind))
      add(kind == json_kind::number && node.integer ? "integer" : name_of(kind));
  for (auto index : node.any_of)
    collect_types(schema, schema.node(index), names);
}

std::string joined(const std::vector<std::string>& names, const std::string& last) {
  std::string text;
  for (auto& name : names)
    text += (&name == &names.front() ? "" : &name == &names.back() ? last : ", ") + name;
  return text;
}

/// Walks a value along its schema; says of each place at most one thing.
class checker {
public:
  checker(const input_schema& schema, std::vector<std::string>& problems) : schema_{schema}, problems_{problems} {
    // nop
  }

  void check(const schema_node& node, const json_value& value, const std::string& path) {
    if (value.is(json_kind::null)) {
      if (!node.nullable && !schema_.validate(node, value, path, nullptr))
        refuse(path, "must not be null (omit the input to use its default)");
      return;
    }
    auto before = problems_.size();
    for (auto index : node.all_of)
      check(schema_.node(index), value, path);
    if (problems_.size() == before)
      check_here(node, value, path);
  }

private:
  void refuse(const std::string& path, const std::string& what) {
    problems_.push_back("invalid input \"" + path + "\": " + what);
  }

  void check_here(const schema_node& node, const json_value& value, const std::string& path) {
    auto fits = [&](size_t index) { return schema_.validate(schema_.node(index), value, path, nullptr); };
    if (!node.takes_type_of(value) ||
        (!node.any_of.empty() && std::none_of(node.any_of.begin(), node.any_of.end(), fits)))
      refuse_type(node, value, path);
    else if (!has_choice(node, value))
      refuse(path, "must be one of: " + choices(node));
    else if (value.is(json_kind::number))
      check_number(node, value, path);
    else if (value.is(json_kind::string))
      check_string(node, value, path);
    else if (value.is(json_kind::array))
      check_list(node, value, path);
    else if (value.is(json_kind::object))
      check_object(node, value, path);
  }

  void refuse_type(const schema_node& node, const json_value& value, const std::string& path) {
    std::vector<std::string> names;
    collect_types(schema_, node, names);
    auto actual = name_of(value.kind);
    if (std::find(names.begin(), names.end(), actual) != names.end())
      refuse(path, "no variant of the input takes this " + actual);
    else
      refuse(path, "expected " + joined(names, " or ") + ", got " + actual);
  }

  static bool has_choice(const schema_node& node, const json_value& value) {
    return !node.has_choices ||
      std::any_of(node.choices.begin(), node.choices.end(), [&](auto& choice) { return same_value(choice, value); });
  }

  static std::string choices(const schema_node& node) {
    std::vector<std::string> names;
    for (auto& choice : node.choices) {
      std::string scratch;
      names.emplace_back(choice.is(json_kind::string) ? string_content(choice, scratch) : choice.raw);
    }
    return joined(names, ", ");
  }

  void check_number(const schema_node& node, const json_value& value, const std::string& path) {
    auto number = number_value(value.raw);
    if (node.minimum && number < node.minimum->value)
      refuse(path, "number must be at least " + node.minimum->text);
    else if (node.maximum && number > node.maximum->value)
      refuse(path, "number must be at most " + node.maximum->text);
    else if (node.exclusive_minimum && number <= node.exclusive_minimum->value)
      refuse(path, "number must be more than " + node.exclusive_minimum->text);
    else if (node.exclusive_maximum && number >= node.exclusive_maximum->value)
      refuse(path, "number must be less than " + node.exclusive_maximum->text);
  }

  void check_string(const schema_node& node, const json_value& value, const std::string& path) {
    std::string scratch;
    auto content = string_content(value, scratch);
    auto length = static_cast<uint64_t>(
      std::count_if(content.begin(), content.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; }));
    if (node.min_length && length < *node.min_length)
      refuse(path, "minimum string length is " + std::to_string(*node.min_length));
    else if (node.max_length && length > *node.max_length)
      refuse(path, "maximum string length is " + std::to_string(*node.max_length));
    else if (node.regex && !node.regex->matches(content))
      refuse(path, "string doesn't match the regular expression \"" + std::string{node.regex->text()} + "\"");
  }

  void check_list(const schema_node& node, const json_value& value, const std::string& path) {
    if (node.min_items && value.items.size() < *node.min_items)
      refuse(path, "minimum number of items is " + std::to_string(*node.min_items));
    else if (node.max_items && value.items.size() > *node.max_items)
      refuse(path, "maximum number of items is " + std::to_string(*node.max_items));
    for (size_t i = 0; node.items && i < value.items.size(); ++i)
      check(schema_.node(*node.items), value.items[i], path + "." + std::to_string(i));
  }

  void check_object(const schema_node& node, const json_value& value, const std::string& path) {
    for (auto& name : node.required)
      if (!value.find(name))
        refuse(path, "property \"" + name + "\" is missing");
    for (auto& [name, member] : value.members) {
      auto known = node.properties.find(name);
      auto child = known != node.properties.end() ? std::optional{known->second} : node.additional;
      if (child)
        check(schema_.node(*child), member, std::string{path}.append(".").append(name));
      else if (node.closed)
        refuse(path, "property \"" + name + "\" is unsupported");
    }
  }

  const input_schema& schema_;
  std::vector<std::string>& problems_;
};

}   // namespace

std::vector<std::string> check_inputs(const json_value& inputs, const input_schema& schema) {
  std::vector<std::string> problems;
  auto& root = schema.root();
  for (auto& name : root.required)
    if (!inputs.find(name))
      problems.push_back("missing required input \"" + name + "\"");
  checker check{schema, problems};
  for (auto& [name, value] : inputs.members)
    if (auto* property = schema.property(name))
      check.check(schema.node(property->second), value, name);
  return problems;
}

}   // namespace cog
