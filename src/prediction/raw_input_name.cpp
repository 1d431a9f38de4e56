#include "prediction/raw_input_name.hpp"
#include "prediction/input_schema.hpp"
#include "prediction/text_input.hpp"
#include <algorithm>

namespace cog {

namespace {

bool is_list_of_files(const input_schema& schema, const schema_node& node) {
  return node.items && resolved(schema, schema.node(*node.items)).file;
}

bool is_file(const input_schema& schema, const schema_node& declared) {
  auto& node = resolved(schema, declared);
  return node.file || is_list_of_files(schema, node) ||
    std::any_of(node.any_of.begin(), node.any_of.end(), [&](size_t index) {
           auto& one = resolved(schema, schema.node(index));
           return one.file || is_list_of_files(schema, one);
         });
}

}   // namespace

std::vector<std::string> file_input_names(const input_schema& schema) {
  std::vector<std::string> names;
  for (auto& [name, index] : schema.root().properties)
    if (is_file(schema, schema.node(index)))
      names.push_back(name);
  return names;
}

std::string raw_input_name(const input_schema& schema) {
  auto names = file_input_names(schema);
  if (names.size() > 1) {
    auto& required = schema.root().required;
    std::erase_if(names,
                  [&](auto& name) { return std::find(required.begin(), required.end(), name) == required.end(); });
  }
  return names.size() == 1 ? names.front() : std::string{};
}

}   // namespace cog
