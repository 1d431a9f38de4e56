#include "prediction/local_paths.hpp"
#include "prediction/input_schema.hpp"
#include "json/json_text.hpp"
#include "json/json_tree.hpp"
#include <algorithm>

namespace cog {

namespace {

struct searcher {
  const input_schema& schema;
  const prediction_request& request;
  std::vector<input_error> errors;

  void search(const schema_node& node, const json_value& value, const std::string& pointer) {
    if (!node.has_files)
      return;
    std::string scratch;
    if (node.file && value.is(json_kind::string) && !is_upload(value) && !is_file_url(string_content(value, scratch)))
      refuse(pointer.substr(1));
    for (auto index : node.all_of)
      search(schema.node(index), value, pointer);
    if (!may_be_plain(node, value))
      for (auto index : node.any_of)
        search(schema.node(index), value, pointer);
    for (size_t i = 0; node.items && i < value.items.size(); ++i)
      search(schema.node(*node.items), value.items[i], pointer_to(pointer, std::to_string(i)));
    for (auto& [name, member] : value.members) {
      auto property = node.properties.find(name);
      auto child = property != node.properties.end() ? std::optional{property->second} : node.additional;
      if (child)
        search(schema.node(*child), member, pointer_to(pointer, name));
    }
  }

  bool is_upload(const json_value& value) const {
    auto place = static_cast<size_t>(value.raw.data() - request.body.data());
    return std::any_of(request.files.begin(), request.files.end(),
                       [&](auto& file) { return file.at.offset == place && !file.path.empty(); });
  }

  /// Whether an alternative that is no file takes the value.
  bool may_be_plain(const schema_node& node, const json_value& value) const {
    return std::any_of(node.any_of.begin(), node.any_of.end(), [&](size_t index) {
      auto& other = schema.node(index);
      return !other.has_files && schema.validate(other, value, {}, nullptr);
    });
  }

  void refuse(std::string field) {
    if (errors.size() < max_errors && (errors.empty() || errors.back().field != field))
      errors.push_back({std::move(field),
                        "a file must be given as an http, https or data URL: local paths are refused "
                        "(COG_FORBID_PRIVATE_URLS)",
                        "value_error"});
  }
};

}   // namespace

std::vector<input_error> find_local_paths(const input_schema& schema, const prediction_request& request) {
  if (!schema.root().has_files)
    return {};
  json_error error;
  auto input = parse_json(request.input_json(), error);
  searcher search{schema, request, {}};
  if (input)
    search.search(schema.root(), *input, {});
  return std::move(search.errors);
}

}   // namespace cog
