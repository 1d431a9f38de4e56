#include "prediction/visible_input.hpp"
#include "json/json_tree.hpp"
#include <algorithm>

namespace cog {

namespace {

bool becomes_null(const schema_node& root, const std::string& name, const schema_node& node) {
  auto required = std::find(root.required.begin(), root.required.end(), name) != root.required.end();
  return node.nullable && !node.has_default && !required;
}

}   // namespace

std::string visible_input(const prediction_request& request, const model_document* document) {
  auto text = request.input_json();
  auto schema = document ? document->schema_of(request.training) : nullptr;
  json_error error;
  auto input = schema ? parse_json(text, error) : std::nullopt;
  if (!input)
    return compact_sorted(text);
  std::string out = "{";
  for (auto& [name, index] : schema->root().properties) {
    auto& node = schema->node(index);
    auto value = input->find(name);
    if (!value && !becomes_null(schema->root(), name, node))
      continue;
    if (out.size() > 1)
      out += ',';
    append_json_string(out, name);
    out += ':';
    if (!value || value->is(json_kind::null))
      out += "null";
    else if (node.secret)
      out += secret_mask;
    else
      append_json(out, *value, number_style::by_value);
  }
  return out + "}";
}

shared_text shared_visible_input(const prediction_request& request, const model_document* document) {
  struct counted_text {
    std::string text;
    memory_lease counted;
  };
  auto holder = std::make_shared<counted_text>();
  holder->text = visible_input(request, document);
  holder->counted = request.memory.another(holder->text.size());
  std::string_view text{holder->text};
  shared_text result;
  result.append({std::move(holder), text});
  return result;
}

}   // namespace cog
