#include "cli/image/labels.hpp"
#include "cli/config/words.hpp"
#include "cli/engine/process.hpp"
#include "json/json_tree.hpp"
#include "version.hpp"
#include <cstdlib>

namespace cog {

namespace {

/// Writes one JSON object; members without content are left out.
class object_writer {
public:
  void raw(const char* key, const std::string& json) {
    if (json.empty())
      return;
    text_ += text_.empty() ? "{" : ",";
    append_json_string(text_, key);
    text_ += ':' + json;
  }

  void text(const char* key, const std::string& value) {
    if (!value.empty())
      raw(key, quoted(value));
  }

  void texts(const char* key, const std::vector<std::string>& values) {
    std::vector<std::string> items;
    items.reserve(values.size());
    for (auto& value : values)
      items.push_back(quoted(value));
    list(key, items);
  }

  void list(const char* key, const std::vector<std::string>& items) {
    if (!items.empty())
      raw(key, "[" + joined(items, ",") + "]");
  }

  /// Empty when nothing was written.
  std::string finish() const { return text_.empty() ? text_ : text_ + "}"; }

private:
  static std::string quoted(const std::string& value) {
    std::string json;
    append_json_string(json, value);
    return json;
  }

  std::string text_;
};

std::string step_json(const run_step& step) {
  object_writer out;
  out.text("command", step.command);
  std::vector<std::string> mounts;
  for (auto& mount : step.mounts) {
    object_writer one;
    one.text("type", mount.type);
    one.text("id", mount.id);
    one.text("target", mount.target);
    mounts.push_back(one.finish());
  }
  out.list("mounts", mounts);
  return out.finish();
}

std::string build_json(const build_config& build, const gpu_choice& gpu) {
  object_writer out;
  if (build.gpu)
    out.raw("gpu", "true");
  out.text("python_version", build.python_version);
  out.text("python_requirements", build.python_requirements);
  out.texts("python_packages", build.python_packages);
  std::vector<std::string> steps;
  for (auto& step : build.run)
    steps.push_back(step_json(step));
  out.list("run", steps);
  out.texts("system_packages", build.system_packages);
  out.texts("pre_install", build.pre_install);
  out.text("cuda", gpu.cuda.empty() ? build.cuda : gpu.cuda);
  out.text("cudnn", gpu.cudnn.empty() ? build.cudnn : gpu.cudnn);
  out.text("sdk_version", build.sdk_version);
  out.text("base_image", build.base_image);
  return out.finish();
}

/// What git says about the project; empty when it says nothing.
std::string git(const std::string& folder, std::vector<std::string> words) {
  words.insert(words.begin(), {"git", "-C", folder});
  if (find_in_path("git").empty())
    return {};
  auto done = run_captured({std::move(words)});
  return done.status == 0 ? trimmed(done.out) : std::string{};
}

std::string variable(const char* name) {
  auto* value = std::getenv(name);
  return value == nullptr ? std::string{} : value;
}

}   // namespace

std::string config_label(const project_config& config, const gpu_choice& gpu) {
  object_writer out;
  out.raw("build", build_json(config.build, gpu));
  out.text("image", config.image);
  out.text("model", config.model);
  out.text("predict", config.run);
  out.text("train", config.train);
  if (config.max_concurrency)
    out.raw("concurrency", "{\"max\":" + std::to_string(*config.max_concurrency) + "}");
  std::vector<std::string> environment;
  for (auto& [name, value] : config.environment)
    environment.emplace_back(name).append("=").append(value);
  out.texts("environment", environment);
  auto text = out.finish();
  return text.empty() ? "{}" : text;
}

label_list image_labels(const project_config& config, const gpu_choice& gpu, const std::string& schema,
                        const std::string& pip_freeze) {
  label_list labels{
    // Tooling decides by it what the image can do.
    {"run.cog.version", std::string{api_version}},
    {"run.cog.build", joined({"cog-cpp", std::string{build_version}, std::string{build_commit}}, " ")},
    {"run.cog.config", config_label(config, gpu)},
    {"run.cog.has_init", "true"},
    {"run.cog.pip_freeze", pip_freeze},
  };
  if (!schema.empty())
    labels.emplace_back("run.cog.openapi_schema", compact_sorted(schema));
  auto revision = variable("GITHUB_SHA");
  if (revision.empty())
    revision = git(config.folder, {"rev-parse", "HEAD"});
  auto version = variable("GITHUB_REF_NAME");
  if (version.empty())
    version = git(config.folder, {"describe", "--tags", "--dirty"});
  if (!revision.empty())
    labels.emplace_back("org.opencontainers.image.revision", revision);
  if (!version.empty())
    labels.emplace_back("org.opencontainers.image.version", version);
  return labels;
}

}   // namespace cog
