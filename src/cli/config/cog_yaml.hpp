#pragma once
#include "cli/console.hpp"
#include "prediction/api_config.hpp"
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cog {

struct secret_mount {
  std::string type;   // "secret"
  std::string id;
  std::string target;
};

struct run_step {
  std::string command;
  std::vector<secret_mount> mounts;
};

/// The stanza `build`. Texts that are not given are empty.
struct build_config {
  bool gpu = false;
  std::string python_version;        // 3.x or 3.x.y
  std::string python_requirements;   // relative to the project folder, or absolute
  std::vector<std::string> python_packages;
  std::vector<std::string> system_packages;
  std::vector<run_step> run;
  std::vector<std::string> pre_install;
  std::string cuda;
  std::string cudnn;
  std::string sdk_version;
  std::string base_image;
};

struct weight_source {
  std::string uri;
  std::vector<std::string> include;
  std::vector<std::string> exclude;
};

struct weight_config {
  std::string name;
  std::string target;
  std::vector<weight_source> sources;
};

/// Line and column in cog.yaml, from 1.
struct yaml_place {
  int line = 1;
  int column = 1;
};

/// cog.yaml, found valid.
struct project_config {
  build_config build;
  std::string run;   // of `run`, else of `predict`
  std::string train;
  std::string image;
  std::string model;
  std::vector<std::pair<std::string, std::string>> environment;   // as ordered in the file
  std::optional<uint64_t> max_concurrency;
  std::vector<weight_config> weights;
  std::shared_ptr<const api_config> api;   // null: not given

  std::string folder;   // absolute path of the project
  std::string file;     // name of the configuration file, relative to the folder
  std::map<std::string, yaml_place, std::less<>> places;

  /// `cog.yaml:3:5: ` for a field such as `build.cuda`, else for the nearest that holds it.
  std::string place(std::string_view field) const;
};

/// What is wrong with a cog.yaml: a line for each problem, with file, line and column.
struct config_error : command_error {
  using command_error::command_error;
};

/// Reads a cog.yaml that lies in `folder` and is called `file`. Throws config_error. What is deprecated or not known is
/// added to `warnings`.
project_config read_config(const std::string& text, const std::string& folder, const std::string& file,
                           std::vector<std::string>& warnings);

/// Throws config_error for what a valid cog.yaml may ask for and no image of this tool has.
void refuse_unsupported(const project_config& config);

/// Looks for `file` in `start` and the folders above it, and reads it; prints the warnings. Throws config_error.
project_config load_config(const std::string& start, const std::string& file, const console& messages);

/// Is `file` in `start` or a folder above it?
bool has_project(const std::string& start, const std::string& file);

/// The name of an image that nobody named: `cog-` and the folder's name in the letters that are allowed.
std::string derived_image_name(const std::string& folder);

}   // namespace cog
