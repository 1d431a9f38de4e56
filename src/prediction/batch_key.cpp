#include "prediction/batch_key.hpp"
#include "json/json_tree.hpp"

namespace cog {

std::vector<batch_input> batch_inputs(const std::vector<std::string>& names, const model_document* document) {
  std::vector<batch_input> inputs;
  inputs.reserve(names.size());
  json_error ignored;
  auto tree = document != nullptr ? parse_json(std::string_view{document->json}, ignored) : std::nullopt;
  auto properties = tree ? tree->find_path({"components", "schemas", "Input", "properties"}) : nullptr;
  for (auto& name : names) {
    auto& input = inputs.emplace_back();
    input.name = name;
    auto property = properties != nullptr ? properties->find(name) : nullptr;
    if (auto value = property != nullptr ? property->find("default") : nullptr) {
      input.fallback.clear();
      append_json(input.fallback, *value, number_style::comparable);
    }
  }
  return inputs;
}

std::string batch_key(const prediction_request& request, const std::vector<batch_input>& inputs) {
  std::string key;
  if (inputs.empty())
    return key;
  json_error ignored;
  auto tree = parse_json(request.input_json(), ignored);
  for (auto& input : inputs) {
    if (auto value = tree ? tree->find(input.name) : nullptr)
      append_json(key, *value, number_style::comparable);
    else
      key += input.fallback;
    key += ',';
  }
  return key;
}

}   // namespace cog
