#include "bench/sample_input.hpp"
#include "cli/console.hpp"
#include "json/json_text.hpp"
#include <algorithm>
#include <cmath>

namespace cog::bench {

namespace {

constexpr std::string_view image_url =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mPoWHUGK2IYWhIAwKd/"
  "gcDJVMAAAAAASUVORK5CYII=";
constexpr std::string_view some_text = "hello";
constexpr int deepest = 16;

/// The values of one model's inputs.
class maker {
public:
  explicit maker(const input_schema& schema) : schema_{schema} {
    // nop
  }

  bool made_file = false;

  /// JSON; empty when no value was found.
  std::string value(const schema_node& node, int depth = 0) {
    for (auto& candidate : candidates(node, depth))
      if (is_valid(node, candidate))
        return candidate;
    return {};
  }

private:
  bool is_valid(const schema_node& node, const std::string& json) const {
    json_error ignored;
    auto parsed = parse_json(std::string_view{json}, ignored);
    return parsed && schema_.validate(node, *parsed, "", nullptr);
  }

  std::vector<std::string> candidates(const schema_node& node, int depth) {
    std::vector<std::string> found;
    if (depth > deepest)
      return found;
    for (auto& choice : node.choices)
      found.emplace_back(choice.raw);
    for (auto* list : {&node.all_of, &node.any_of})
      for (auto index : *list)
        if (auto json = value(schema_.node(index), depth + 1); !json.empty() && json != "null")
          found.push_back(json);
    add_by_type(node, depth, found);
    if (node.nullable || node.allows(json_kind::null))
      found.emplace_back("null");
    return found;
  }

  void add_by_type(const schema_node& node, int depth, std::vector<std::string>& found) {
    if (node.allows(json_kind::string))
      found.push_back(text(node));
    if (node.allows(json_kind::number))
      add_numbers(node, found);
    if (node.allows(json_kind::boolean))
      found.emplace_back("false");
    if (node.allows(json_kind::array))
      found.push_back(list(node, depth));
    if (node.allows(json_kind::object))
      found.push_back(object(node, depth));
  }

  std::string text(const schema_node& node) {
    std::string content{some_text};
    if (node.file) {
      content = image_url;
      made_file = true;
    } else {
      content.resize(
        std::clamp<uint64_t>(content.size(), node.min_length.value_or(0), node.max_length.value_or(UINT64_MAX)), 'o');
    }
    std::string json;
    append_json_string(json, content);
    return json;
  }

  /// The bounds, what lies next to them and between them.
  static void add_numbers(const schema_node& node, std::vector<std::string>& found) {
    auto low = node.minimum ? node.minimum : node.exclusive_minimum;
    auto high = node.maximum ? node.maximum : node.exclusive_maximum;
    std::vector<long double> tries;
    if (low)
      tries.insert(tries.end(), {low->value, low->value + 1});
    else
      tries.insert(tries.end(), {1, 0});
    if (low && node.multiple_of) {
      auto step = node.multiple_of->value;
      auto next = std::ceil(low->value / step) * step;
      tries.insert(tries.begin(), {next, next + step});
    } else if (node.multiple_of) {
      tries.insert(tries.begin(), node.multiple_of->value);
    }
    if (low && high)
      tries.push_back((low->value + high->value) / 2);
    if (high)
      tries.insert(tries.end(), {high->value, high->value - 1});
    for (auto number : tries) {
      std::string json;
      if (node.integer || number == std::floor(number))
        json = std::to_string(static_cast<int64_t>(number));
      else
        append_float(json, static_cast<double>(number));
      found.push_back(json);
    }
  }

  std::string list(const schema_node& node, int depth) {
    std::string items;
    for (uint64_t i = 0; i < std::min<uint64_t>(node.min_items.value_or(0), 1000); ++i) {
      auto item = node.items ? value(schema_.node(*node.items), depth + 1) : std::to_string(i);
      items += (items.empty() ? "" : ",") + item;
    }
    return "[" + items + "]";
  }

  std::string object(const schema_node& node, int depth) {
    std::string members;
    for (auto& name : node.required) {
      auto known = node.properties.find(name);
      members += members.empty() ? "" : ",";
      append_json_string(members, name);
      members += ":" + (known == node.properties.end() ? "null" : value(schema_.node(known->second), depth + 1));
    }
    return "{" + members + "}";
  }

  const input_schema& schema_;
};

}   // namespace

sample_input make_sample(const input_schema& schema) {
  sample_input sample;
  std::string members;
  for (auto& name : schema.root().required) {
    auto* property = schema.property(name);
    maker make{schema};
    auto json = property ? make.value(schema.node(property->second)) : std::string{};
    if (json.empty())
      throw command_error{std::string{"no value for the input \""}
                            .append(name)
                            .append("\" can be made from the model's schema; give one: -i ")
                            .append(name)
                            .append("=...")};
    if (make.made_file)
      sample.files.push_back(name);
    members += members.empty() ? "" : ",";
    append_json_string(members, name);
    members += ":" + json;
  }
  sample.json = "{" + members + "}";
  return sample;
}

}   // namespace cog::bench
