#include "prediction/input_schema.hpp"
#include <algorithm>
#include <utility>

namespace cog {

/// Turns the tree of a document into the flat list of nodes.
class schema_compiler {
public:
  schema_compiler(input_schema& schema, const json_value& document, std::string& problem)
    : schema_{schema}, document_{document}, problem_{problem} {
    schema_.nodes_.emplace_back();   // node 0 accepts anything
  }

  size_t compile(const json_value& json, const std::string& place) {
    // A schema that applies itself to the same value asks nothing more of it.
    if (std::find(chain_.begin(), chain_.end(), &json) != chain_.end())
      return 0;
    if (auto known = done_.find(&json); known != done_.end())
      return known->second;
    auto index = schema_.nodes_.size();
    schema_.nodes_.emplace_back();
    done_.emplace(&json, index);
    schema_node node;
    compile_scalar_rules(node, json, place);
    compile_in_place(node, json, place);
    schema_.nodes_[index] = std::move(node);
    pending_.push_back({index, &json, place});
    return index;
  }

  /// Compiles what is asked of values inside. Only now, so that no circle of `allOf` and `$ref` can close unseen.
  void compile_pending() {
    while (!pending_.empty()) {
      auto [index, json, place] = std::move(pending_.back());
      pending_.pop_back();
      auto node = std::move(schema_.nodes_[index]);
      compile_children(node, *json, place);
      schema_.nodes_[index] = std::move(node);
    }
  }

  /// A node has a secret or file if one it leads to has.
  void spread_marks() {
    for (auto changed = true; changed;) {
      changed = false;
      for (auto& node : schema_.nodes_)
        for (auto child : children(node)) {
          auto& from = schema_.nodes_[child];
          changed |= (from.secret && !node.secret) || (from.has_files && !node.has_files);
          node.secret |= from.secret;
          node.has_files |= from.has_files;
        }
    }
  }

private:
  void compile_scalar_rules(schema_node& node, const json_value& json, const std::string& place) {
    compile_type(node, json);
    auto flag = [&](const char* key) { return json.find(key) && json.find(key)->is_true(); };
    node.nullable = flag("nullable");
    node.has_default = json.find("default") != nullptr;
    node.secret = flag("x-cog-secret") || flag("writeOnly");
    auto format = json.find("format");
    node.file = format && format->raw == "\"uri\"" && node.types != 0 && node.allows(json_kind::string);
    node.has_files = node.file;
    node.minimum = bound(json, "minimum");
    node.maximum = bound(json, "maximum");
    node.exclusive_minimum = bound(json, "exclusiveMinimum");
    node.exclusive_maximum = bound(json, "exclusiveMaximum");
    node.multiple_of = bound(json, "multipleOf");
    if (node.multiple_of && node.multiple_of->value <= 0)
      node.multiple_of.reset();
    node.unique_items = flag("uniqueItems");
    node.min_length = size(json, "minLength");
    node.max_length = size(json, "maxLength");
    node.min_items = size(json, "minItems");
    node.max_items = size(json, "maxItems");
    compile_choices(node, json);
    std::string scratch, why;
    if (auto accept = json.find("x-cog-accept"); accept && accept->is(json_kind::string))
      node.accept = string_content(*accept, scratch);
    if (auto regex = json.find("pattern"); regex && regex->is(json_kind::string)) {
      node.regex = pattern::compile(std::string{string_content(*regex, scratch)}, why);
      if (!node.regex)
        problem_ += (problem_.empty() ? "" : " ") + ("The pattern of " + place) + " does not compile: " + why + ".";
    }
  }

  static void compile_type(schema_node& node, const json_value& json) {
    auto type = json.find("type");
    if (!type)
      return;
    auto listed = type->is(json_kind::array);
    node.type_names = listed && type->items.size() > 1 ? "types " : "type ";
    auto separator = "";
    auto fraction = false;
    auto add = [&](const json_value& name) {
      node.type_names += std::exchange(separator, ", ") + std::string{name.raw};
      node.types |= bit_of(name.raw);
      node.integer |= name.raw == "\"integer\"";
      fraction |= name.raw == "\"number\"";
    };
    if (listed)
      std::for_each(type->items.begin(), type->items.end(), add);
    else
      add(*type);
    node.integer &= !fraction;
  }

  static uint8_t bit_of(std::string_view type) {
    constexpr std::pair<std::string_view, json_kind> names[] = {
      {"\"null\"", json_kind::null},     {"\"boolean\"", json_kind::boolean}, {"\"integer\"", json_kind::number},
      {"\"number\"", json_kind::number}, {"\"string\"", json_kind::string},   {"\"array\"", json_kind::array},
      {"\"object\"", json_kind::object}};
    for (auto& [name, kind] : names)
      if (name == type)
        return static_cast<uint8_t>(1 << static_cast<int>(kind));
    return 0;
  }

  static std::optional<schema_node::bound> bound(const json_value& json, const char* key) {
    auto value = json.find(key);
    if (!value || !value->is(json_kind::number))
      return std::nullopt;
    schema_node::bound result{number_value(value->raw), {}};
    append_number(result.text, value->raw);
    return result;
  }

  static std::optional<uint64_t> size(const json_value& json, const char* key) {
    auto value = json.find(key);
    if (!value || !value->is(json_kind::number))
      return std::nullopt;
    return static_cast<uint64_t>(std::clamp(number_value(value->raw), 0.0L, 1e18L));
  }

  static void compile_choices(schema_node& node, const json_value& json) {
    if (auto list = json.find("enum"); list && list->is(json_kind::array)) {
      node.has_choices = true;
      node.choices = list->items;
      node.choices_message = " is not one of ";
      append_json(node.choices_message, *list, number_style::by_value);
    } else if (auto only = json.find("const")) {
      node.has_choices = true;
      node.choices = {*only};
      append_json(node.choices_message, *only, number_style::by_value);
      node.choices_message += " was expected";
    }
  }

  /// What other schemas ask of the same value.
  void compile_in_place(schema_node& node, const json_value& json, const std::string& place) {
    chain_.push_back(&json);
    if (auto target = resolve(json))
      node.all_of.push_back(compile(*target, place));
    compile_list(node.all_of, json.find("allOf"), place);
    compile_list(node.any_of, json.find("anyOf"), place);
    chain_.pop_back();
  }

  void compile_list(std::vector<size_t>& nodes, const json_value* list, const std::string& place) {
    if (list)
      for (auto& json : list->items)
        nodes.push_back(compile(json, place));
  }

  /// What is asked of the values inside.
  void compile_children(schema_node& node, const json_value& json, const std::string& place) {
    if (auto items = json.find("items"))
      node.items = compile(*items, place + "[]");
    if (auto properties = json.find("properties"))
      for (auto& [name, child] : properties->members)
        node.properties.emplace(name, compile(child, std::string{place}.append(".").append(name)));
    std::string scratch;
    if (auto required = json.find("required"))
      for (auto& name : required->items)
        if (name.is(json_kind::string))
          node.required.emplace_back(string_content(name, scratch));
    if (auto additional = json.find("additionalProperties")) {
      node.closed = additional->raw == "false";
      if (additional->is(json_kind::object))
        node.additional = compile(*additional, place + ".*");
    }
  }

  /// The schema that a `$ref` into this document names; null if there is none.
  const json_value* resolve(const json_value& json) const {
    auto ref = json.find("$ref");
    if (!ref || !ref->is(json_kind::string))
      return nullptr;
    std::string scratch;
    auto rest = string_content(*ref, scratch);
    if (!rest.starts_with("#"))
      return nullptr;
    auto place = &document_;
    for (rest.remove_prefix(1); place && rest.starts_with("/");) {
      rest.remove_prefix(1);
      auto segment = rest.substr(0, rest.find('/'));
      rest.remove_prefix(segment.size());
      place = place->find(unescaped(segment));
    }
    return place;
  }

  static std::string unescaped(std::string_view segment) {
    std::string out;
    for (size_t i = 0; i < segment.size(); ++i) {
      auto code = segment.substr(i, 2);
      if (code == "~0" || code == "~1")
        ++i;
      out += code == "~0" ? '~' : code == "~1" ? '/' : segment[i];
    }
    return out;
  }

  static std::vector<size_t> children(const schema_node& node) {
    auto all = node.all_of;
    all.insert(all.end(), node.any_of.begin(), node.any_of.end());
    for (auto& [name, child] : node.properties)
      all.push_back(child);
    if (node.items)
      all.push_back(*node.items);
    if (node.additional)
      all.push_back(*node.additional);
    return all;
  }

  input_schema& schema_;
  const json_value& document_;
  std::string& problem_;
  std::map<const json_value*, size_t> done_;
  struct pending {
    size_t index;
    const json_value* json;
    std::string place;
  };
  std::vector<pending> pending_;
  std::vector<const json_value*> chain_;   // schemas that are being applied to one and the same value
};

std::shared_ptr<const input_schema> input_schema::compile(const std::string& name, const json_value& root,
                                                          const json_value& document,
                                                          std::shared_ptr<const std::string> source,
                                                          std::string& problem) {
  auto schema = std::make_shared<input_schema>();
  schema->source_ = std::move(source);
  schema_compiler compiler{*schema, document, problem};
  schema->root_ = compiler.compile(root, name);
  compiler.compile_pending();
  compiler.spread_marks();
  return schema;
}

}   // namespace cog
