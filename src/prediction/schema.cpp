#include "prediction/schema.hpp"
#include "prediction/input_schema.hpp"
#include "json/json_tree.hpp"
#include "prediction/model_api.hpp"

namespace cog {

document_ptr make_document(std::string_view json, std::string& problem, const api_config* api) {
  problem.clear();
  auto source = std::make_shared<const std::string>(json);
  json_error error;
  auto tree = parse_json(*source, error);
  if (!tree) {
    problem = "The OpenAPI document is not valid JSON: " + error + ".";
    return nullptr;
  }
  if (!tree->is(json_kind::object)) {
    problem = "The OpenAPI document is not a JSON object" + json_position(*source, 0) + ".";
    return nullptr;
  }
  auto compile = [&](const std::string& name) -> std::shared_ptr<const input_schema> {
    auto root = tree->find_path({"components", "schemas", name});
    if (!root || !root->is(json_kind::object))
      return nullptr;
    return input_schema::compile(name, *root, *tree, source, problem);
  };
  auto document = std::make_shared<model_document>();
  append_json(document->json, *tree, number_style::as_written);
  document->input = compile("Input");
  document->training = compile("TrainingInput");
  auto output = tree->find_path({"components", "schemas", "Output", "type"});
  document->output_is_array = output && output->raw == "\"array\"";
  auto streaming = tree->find_path({"paths", "/predictions", "post", "x-cog-streaming"});
  document->streaming = streaming && streaming->is_true();
  document->api = std::make_shared<const model_api>(make_model_api(*tree, api ? *api : api_config{}));
  return document;
}

}   // namespace cog
