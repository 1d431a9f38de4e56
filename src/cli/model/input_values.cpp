#include "cli/model/input_values.hpp"
#include "cli/console.hpp"
#include "cli/model/input_file.hpp"
#include "prediction/text_input.hpp"
#include <algorithm>

namespace cog {

namespace {

std::string quoted_json(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

/// The file that a text in JSON names. Throws command_error naming the place, unless its input is not known: `.0`.
std::string file_json(const std::string& text, const std::string& place, bool expand) {
  try {
    return quoted_json(input_file_url(text, expand));
  } catch (const command_error& error) {
    auto input = place.empty() || place.starts_with('.') ? std::string{} : "input \"" + place + "\": ";
    throw command_error{input + "failed to read file \"" + text.substr(1) + "\": " + error.what()};
  }
}

bool is_json(std::string_view text, json_kind kind) {
  json_error ignored;
  auto value = parse_json(text, ignored);
  return value && value->is(kind);
}

/// Writes JSON given on the command line anew: `@path` is a file wherever the schema says file, `@@x` is the text `@x`.
class given_json {
public:
  /// `expand`: `~` at the start of a path is the home folder.
  given_json(const input_schema& schema, bool expand) : schema_{schema}, expand_{expand} {
    // nop
  }

  std::string write(const schema_node& node, const json_value& value, const std::string& place) const {
    auto nodes = applied_to(node);
    if (value.is(json_kind::string))
      return write_text(nodes, value, place);
    std::string out;
    if (value.is(json_kind::array)) {
      for (size_t i = 0; i < value.items.size(); ++i)
        out += (i == 0 ? "" : ",") + write(child(nodes, item_of), value.items[i], place + "." + std::to_string(i));
      return "[" + out + "]";
    }
    if (!value.is(json_kind::object))
      return std::string{value.raw};
    for (auto& [name, member] : value.members) {
      auto named = [&name = name](const schema_node& one) { return member_of(one, name); };
      out += out.empty() ? "" : ",";
      append_json_string(out, name);
      out += ":" + write(child(nodes, named), member, std::string{place}.append(".").append(name));
    }
    return "{" + out + "}";
  }

private:
  using node_list = std::vector<const schema_node*>;

  /// The node and all that ask something of the same value.
  node_list applied_to(const schema_node& node) const {
    node_list found{&node};
    for (size_t i = 0; i < found.size(); ++i)
      for (auto* list : {&found[i]->all_of, &found[i]->any_of})
        for (auto index : *list)
          found.push_back(&schema_.node(index));
    return found;
  }

  static std::optional<size_t> item_of(const schema_node& node) { return node.items; }

  static std::optional<size_t> member_of(const schema_node& node, std::string_view name) {
    auto known = node.properties.find(name);
    return known != node.properties.end() ? std::optional{known->second} : node.additional;
  }

  /// The first schema of a value inside, one that leads to a file before others.
  template <class Find>
  const schema_node& child(const node_list& nodes, Find find) const {
    std::optional<size_t> found;
    for (auto* node : nodes)
      if (auto index = find(*node); index && (!found || schema_.node(*index).has_files))
        found = index;
    return schema_.node(found.value_or(0));
  }

  std::string write_text(const node_list& nodes, const json_value& value, const std::string& place) const {
    std::string scratch;
    std::string text{string_content(value, scratch)};
    bool file = std::any_of(nodes.begin(), nodes.end(), [](auto* node) { return node->file; });
    return file && is_input_file(text) ? file_json(text, place, expand_)
      : text.starts_with("@@")         ? quoted_json(plain_text(text))
                                       : std::string{value.raw};
  }

  const input_schema& schema_;
  bool expand_;
};

std::string json_of_text(const input_schema& schema, const schema_node& node, const std::string& text) {
  json_error ignored;
  return given_json{schema, true}.write(node, *parse_json(std::string_view{text}, ignored), "");
}

std::string typed(const input_schema& schema, const schema_node& node, const std::string& text);

std::string typed_list(const input_schema& schema, const schema_node& node, const std::string& text) {
  if (is_json(text, json_kind::array))
    return json_of_text(schema, node, text);
  return "[" + typed(schema, schema.node(node.items.value_or(0)), text) + "]";
}

std::string typed(const input_schema& schema, const schema_node& declared, const std::string& text) {
  auto& node = resolved(schema, declared);
  if (is_list(node))
    return typed_list(schema, node, text);
  if (is_input_file(text))
    return quoted_json(input_file_url(text));
  if (text.starts_with("@@"))
    return quoted_json(plain_text(text));
  if (node.any_of.empty() && !is_of(node, json_kind::string) && is_of(node, json_kind::object) &&
      is_json(text, json_kind::object))
    return json_of_text(schema, node, text);
  return value_of_text(schema, node, text);
}

}   // namespace

std::string value_of_texts(const input_schema* schema, const std::string& name,
                           const std::vector<std::string>& values) {
  auto* property = schema ? schema->property(name) : nullptr;
  auto item = [&](const std::string& text) {
    if (!property)
      return quoted_json(is_input_file(text) ? input_file_url(text) : plain_text(text));
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

std::string value_of_json(const input_schema* schema, const std::string& name, const json_value& value) {
  if (auto* property = schema ? schema->property(name) : nullptr)
    return given_json{*schema, false}.write(schema->node(property->second), value, name);
  std::string scratch;
  auto text = value.is(json_kind::string) ? std::string{string_content(value, scratch)} : std::string{};
  if (is_input_file(text))
    return file_json(text, name, false);
  return text.starts_with("@@") ? quoted_json(plain_text(text)) : std::string{value.raw};
}

}   // namespace cog
