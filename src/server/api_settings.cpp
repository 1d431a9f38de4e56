#include "server/api_settings.hpp"
#include "json/json_writer.hpp"
#include "prediction/api_config.hpp"
#include <filesystem>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

namespace cog {

namespace {

void write(json_writer& json, const std::string& name, const YAML::Node& node) {
  if (node.IsMap()) {
    json.open(name, '{');
    for (auto entry : node)
      write(json, entry.first.as<std::string>(), entry.second);
    json.close('}');
  } else if (node.IsSequence()) {
    json.open(name, '[');
    for (auto item : node)
      write(json, {}, item);
    json.close(']');
  } else if (node.IsScalar()) {
    json.text(name, node.Scalar());
  } else {
    json.raw(name, "null");
  }
}

/// The block `api` of cog.yaml as JSON, and the image's name.
std::pair<std::string, std::string> read_block(const std::string& path) try {
  if (access(path.c_str(), R_OK) != 0)
    return {};
  auto project = YAML::LoadFile(path);
  if (!project.IsMap())
    return {};
  auto image = project["image"];
  auto block = project["api"];
  return {block && !block.IsNull() ? json_of(block) : std::string{}, image && image.IsScalar() ? image.Scalar() : ""};
} catch (const YAML::Exception&) {   // whoever reads the rest of it says so
  return {};
}

}   // namespace

std::string json_of(const YAML::Node& block) {
  std::string text;
  json_writer json{text};
  write(json, {}, block);
  return text;
}

std::string model_name(const std::string& image, const std::string& folder) {
  auto name = image.substr(0, image.find('@'));
  name.erase(0, name.rfind('/') + 1);
  name = name.substr(0, name.find(':'));
  if (!name.empty())
    return name;
  std::error_code ignored;
  auto path = std::filesystem::weakly_canonical(folder, ignored);
  auto last = path.filename().string();
  return last.empty() || last == "/" ? "model" : last;
}

std::string read_api_settings(const std::string& yaml, const environment& variable, server_config& config) {
  auto [block, image] = read_block(yaml);
  auto own = std::make_shared<api_config>();
  std::vector<api_problem> problems;
  if (!block.empty())
    *own = read_api_config(block, problems);
  if (!problems.empty())
    return yaml + ": api: " + problems.front().text();
  if (auto text = variable("COG_API"); text && !text->empty()) {
    *own = read_api_config(*text, problems);
    if (!problems.empty())
      return "COG_API: " + problems.front().text();
  }
  if (own->name.empty())
    own->name = model_name(image.empty() ? config.image : image, config.project);
  config.api = std::move(own);
  if (config.api->serves("vertex")) {
    config.vertex_predict = variable("AIP_PREDICT_ROUTE").value_or("");
    config.vertex_health = variable("AIP_HEALTH_ROUTE").value_or("");
  }
  config.public_url = variable("COG_PUBLIC_URL").value_or("");
  while (config.public_url.ends_with('/'))
    config.public_url.pop_back();
  return {};
}

}   // namespace cog
