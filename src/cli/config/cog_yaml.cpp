#include "cli/config/validate.hpp"
#include "cli/config/yaml_reader.hpp"
#include "server/api_settings.hpp"

namespace cog {

namespace {

void take_mount(yaml_reader& reader, const YAML::Node& node, const std::string& field, secret_mount& mount) {
  reader.mapping(node, field, {"type", "id", "target"},
                 [&](const std::string& key, const std::string& name, const YAML::Node& value) {
                   reader.text(value, name, key == "type" ? mount.type : key == "id" ? mount.id : mount.target);
                 });
}

void take_step(yaml_reader& reader, const YAML::Node& node, const std::string& field, run_step& step) {
  if (node.IsScalar()) {
    step.command = node.Scalar();
    return;
  }
  if (!node.IsMap()) {
    reader.schema_error(field, "must be a string, or a mapping with command and mounts");
    return;
  }
  reader.mapping(node, field, {"command", "mounts"},
                 [&](const std::string& key, const std::string& name, const YAML::Node& value) {
                   if (key == "command")
                     reader.text(value, name, step.command);
                   else
                     reader.list(value, name, [&](const std::string& item, const YAML::Node& mount) {
                       take_mount(reader, mount, item, step.mounts.emplace_back());
                     });
                 });
}

void take_build(yaml_reader& reader, const YAML::Node& node, build_config& build) {
  reader.mapping(node, "build",
                 {"base_image", "cuda", "cudnn", "gpu", "pre_install", "python_packages", "python_requirements",
                  "python_version", "run", "sdk_version", "system_packages"},
                 [&](const std::string& key, const std::string& name, const YAML::Node& value) {
                   if (key == "base_image")
                     reader.text(value, name, build.base_image);
                   else if (key == "cuda")
                     reader.text(value, name, build.cuda);
                   else if (key == "cudnn")
                     reader.text(value, name, build.cudnn);
                   else if (key == "gpu")
                     reader.boolean(value, name, build.gpu);
                   else if (key == "pre_install")
                     reader.texts(value, name, build.pre_install);
                   else if (key == "python_packages")
                     reader.texts(value, name, build.python_packages);
                   else if (key == "python_requirements")
                     reader.text(value, name, build.python_requirements);
                   else if (key == "python_version")
                     reader.text(value, name, build.python_version);
                   else if (key == "sdk_version")
                     reader.text(value, name, build.sdk_version);
                   else if (key == "system_packages")
                     reader.texts(value, name, build.system_packages);
                   else
                     reader.list(value, name, [&](const std::string& item, const YAML::Node& step) {
                       take_step(reader, step, item, build.run.emplace_back());
                     });
                 });
}

void take_source(yaml_reader& reader, const YAML::Node& node, const std::string& field, weight_source& source) {
  reader.mapping(node, field, {"uri", "include", "exclude"},
                 [&](const std::string& key, const std::string& name, const YAML::Node& value) {
                   if (key == "uri")
                     reader.text(value, name, source.uri);
                   else
                     reader.texts(value, name, key == "include" ? source.include : source.exclude);
                 });
}

void take_weight(yaml_reader& reader, const YAML::Node& node, const std::string& field, weight_config& weight) {
  reader.mapping(node, field, {"name", "target", "source"},
                 [&](const std::string& key, const std::string& name, const YAML::Node& value) {
                   if (key == "name")
                     reader.text(value, name, weight.name);
                   else if (key == "target")
                     reader.text(value, name, weight.target);
                   else if (value.IsSequence())
                     reader.list(value, name, [&](const std::string& item, const YAML::Node& source) {
                       take_source(reader, source, item, weight.sources.emplace_back());
                     });
                   else
                     take_source(reader, value, name, weight.sources.emplace_back());
                 });
}

/// How clients of other protocols see the model: the server reads it likewise.
void take_api(yaml_reader& reader, const YAML::Node& node, project_config& config) {
  auto note = [&](const std::string& field, const YAML::Node& at) {
    config.places[field] = {at.Mark().line + 1, at.Mark().column + 1};
  };
  if (node.IsMap())
    for (auto entry : node) {
      auto field = "api." + entry.first.Scalar();
      note(field, entry.first);
      if (entry.second.IsMap())
        for (auto inner : entry.second)
          note(field + "." + inner.first.Scalar(), inner.first);
    }
  std::vector<api_problem> problems;
  config.api = std::make_shared<const api_config>(read_api_config(json_of(node), problems));
  for (auto& problem : problems)
    reader.invalid(problem.place.empty() ? "api" : "api." + problem.place, "", problem.what);
}

void take_all(yaml_reader& reader, const YAML::Node& node, project_config& config, raw_values& raw) {
  reader.mapping(
    node, "", {"api", "build", "concurrency", "environment", "image", "model", "predict", "run", "train", "weights"},
    [&](const std::string& key, const std::string& name, const YAML::Node& value) {
      if (key == "api")
        take_api(reader, value, config);
      else if (key == "build")
        take_build(reader, value, config.build);
      else if (key == "environment")
        reader.texts(value, name, raw.environment);
      else if (key == "image")
        reader.text(value, name, config.image);
      else if (key == "model")
        reader.text(value, name, config.model);
      else if (key == "predict")
        reader.text(value, name, raw.predict);
      else if (key == "run")
        reader.text(value, name, config.run);
      else if (key == "train")
        reader.text(value, name, config.train);
      else if (key == "weights")
        reader.list(value, name, [&](const std::string& item, const YAML::Node& weight) {
          take_weight(reader, weight, item, config.weights.emplace_back());
        });
      else
        reader.mapping(value, name, {"default_target", "max"},
                       [&](const std::string& which, const std::string& place, const YAML::Node& number) {
                         reader.integer(number, place, which == "max" ? raw.max_concurrency : raw.default_target);
                       });
    });
}

}   // namespace

std::string project_config::place(std::string_view field) const {
  for (;;) {
    auto found = places.find(field);
    if (found != places.end() || field.empty()) {
      auto at = found == places.end() ? yaml_place{} : found->second;
      return file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
    }
    auto end = field.find_last_of(".[");
    field = field.substr(0, end == std::string_view::npos ? 0 : end);
  }
}

project_config read_config(const std::string& text, const std::string& folder, const std::string& file,
                           std::vector<std::string>& warnings) {
  project_config config;
  config.folder = folder;
  config.file = file;
  yaml_reader reader{config, warnings};
  try {
    auto node = YAML::Load(text);
    raw_values raw;
    if (node.IsDefined() && !node.IsNull())
      take_all(reader, node, config, raw);
    if (!reader.failed())
      validate(reader, config, raw);
  } catch (const YAML::Exception& error) {
    throw config_error{"failed to parse " + file + ": invalid YAML: " + file + ":" +
                       std::to_string(error.mark.line + 1) + ":" + std::to_string(error.mark.column + 1) + ": " +
                       error.msg};
  }
  if (reader.failed())
    throw config_error{reader.text()};
  return config;
}

}   // namespace cog
