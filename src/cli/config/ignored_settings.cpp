#include "cli/config/ignored_settings.hpp"
#include <cstdlib>
#include <unistd.h>

namespace cog {

namespace {

std::string variable(const char* name) {
  auto* value = std::getenv(name);
  return value == nullptr ? std::string{} : value;
}

}   // namespace

bool is_wheel_path(const std::string& value) {
  return value != "pypi" && !value.starts_with("pypi:") && value.find("://") == std::string::npos;
}

std::vector<std::string> ignored_settings(const project_config& config) {
  std::vector<std::string> lines;
  if (auto& version = config.build.sdk_version; !version.empty())
    lines.push_back(config.place("build.sdk_version") + "build.sdk_version: " + version +
                    " is ignored: models get the SDK of this tool");
  if (auto wheel = variable("COG_SDK_WHEEL"); !wheel.empty() && !is_wheel_path(wheel))
    lines.push_back("COG_SDK_WHEEL=" + wheel + " is ignored: models get the SDK of this tool");
  if (auto wheel = variable("COGLET_WHEEL"); !wheel.empty())
    lines.push_back("COGLET_WHEEL=" + wheel + " is ignored: the server is part of this tool's own wheel");
  for (char** entry = environ; *entry; ++entry) {
    std::string_view text{*entry};
    if (auto at = text.find('='); text.starts_with("COG_PUSH_") && at + 1 < text.size())
      lines.push_back(std::string{text} + " is ignored: images are sent by `docker push`");
  }
  auto names_model = !config.model.empty() || !variable("COG_MODEL").empty() || !variable("COG_MODEL_REPO").empty();
  for (auto* name : {"COG_MODEL_REGISTRY", "COG_MODEL_TAG"})
    if (auto value = variable(name); !value.empty() && !names_model)
      lines.push_back(std::string{name} + "=" + value +
                      " is ignored: neither `model` in cog.yaml nor COG_MODEL_REPO names a model");
  return lines;
}

}   // namespace cog
