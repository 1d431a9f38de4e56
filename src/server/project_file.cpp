#include "server/project_file.hpp"
#include <algorithm>
#include <set>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

namespace cog {

namespace {

/// `run: predict.py:Predictor` and its like are read on their own.
bool is_read(const std::string& key) {
  return key == "run" || key == "predict" || key == "train" || key == "concurrency.max";
}

void take_others(const YAML::Node& project, project_file& file) {
  auto keep = [&](const std::string& key, const YAML::Node& value) {
    if (!is_read(key))
      file.others[key] = YAML::Dump(value);
  };
  for (auto entry : project) {
    auto key = entry.first.as<std::string>();
    if (!entry.second.IsMap())
      keep(key, entry.second);
    else
      for (auto inner : entry.second)
        keep(key + "." + inner.first.as<std::string>(), inner.second);
  }
}

std::string value_of(const std::map<std::string, std::string>& all, const std::string& key) {
  auto found = all.find(key);
  return found == all.end() ? std::string{} : found->second;
}

}   // namespace

project_file read_project_file(const std::string& path, const std::string& mode) {
  project_file file;
  if (access(path.c_str(), R_OK) != 0)
    return file;
  try {
    auto project = YAML::LoadFile(path);
    auto take = [&](const char* key) {
      if (file.reference.empty() && project[key] && project[key].IsScalar())
        file.reference = project[key].as<std::string>();
    };
    if (mode == "train") {
      take("train");
    } else {
      take("run");
      take("predict");
    }
    if (auto concurrency = project["concurrency"]; concurrency && concurrency["max"])
      file.max_concurrency = concurrency["max"].as<uint64_t>();
    if (project.IsMap())
      take_others(project, file);
  } catch (const YAML::Exception& error) {
    file.problem = fmt::format("{}:{}:{}: {}", path, error.mark.line + 1, error.mark.column + 1, error.msg);
  }
  return file;
}

std::vector<std::string> also_watched(const server_config& config) {
  std::vector<std::string> also{config.reference.substr(0, config.reference.find(':'))};
  auto file = read_project_file(config.project + "/cog.yaml", config.mode);
  if (auto requirements = value_of(file.others, "build.python_requirements"); !requirements.empty())
    also.push_back(requirements);
  return also;
}

project_changes::project_changes(const server_config& config)
  : path_{config.project + "/cog.yaml"}, mode_{config.mode}, known_{read_project_file(path_, mode_)} {
  now_.reference = config.reference;
  now_.max_concurrency = config.max_concurrency;
}

model_source project_changes::read(const std::vector<std::string>& changed) {
  for (auto& path : changed)
    if (path.ends_with(".txt") || path == value_of(known_.others, "build.python_requirements"))
      spdlog::warn(
        "reload: needs-new-start, {} has changed: what it names is installed when the server is started again", path);
  if (std::find(changed.begin(), changed.end(), "cog.yaml") == changed.end() && known_.problem.empty())
    return now_;
  auto fresh = read_project_file(path_, mode_);
  if (!fresh.problem.empty()) {
    auto broken = now_;
    broken.problem = fresh.problem;
    known_.problem = fresh.problem;
    return broken;
  }
  if (fresh.reference != known_.reference && !fresh.reference.empty())
    now_.reference = fresh.reference;
  if (fresh.max_concurrency != known_.max_concurrency)
    now_.max_concurrency = fresh.max_concurrency;
  std::set<std::string> keys;
  for (auto* all : {&known_.others, &fresh.others})
    for (auto& [key, value] : *all)
      keys.insert(key);
  for (auto& key : keys)
    if (value_of(known_.others, key) != value_of(fresh.others, key))
      spdlog::warn("reload: needs-new-start, {} of cog.yaml has changed: start the server again to take it over", key);
  known_ = std::move(fresh);
  return now_;
}

}   // namespace cog
