#pragma once
#include "cli/config/cog_yaml.hpp"
#include "cli/image/gpu_choice.hpp"
#include "cli/image/requirements.hpp"
#include "cli/image/system_tools.hpp"
#include <optional>
#include <string>
#include <vector>

namespace cog {

/// The flags of a command line that say which image a project's environment starts from.
struct base_flags {
  std::optional<bool> use_cog_base_image;
  std::string use_cuda_base_image = "auto";
  std::string override_image;   // of COG_BASE_IMAGE
  std::string registry;         // host of cog-base images
};

/// Where Python comes from when the base image has none that fits.
struct python_stage {
  std::string image;
  std::vector<std::string> packages;   // that it needs in the base image
};

/// An image, completely decided.
struct image_plan {
  std::string base;
  bool foreign_base = false;   // of which nothing is known but that it has a Python
  bool cog_base = false;       // one of Cog's own
  std::optional<python_stage> python;
  gpu_choice gpu;
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> system_packages;
  std::vector<system_tool> tools;          // installed where the base lacks them
  std::vector<std::string> requirements;   // as pip reads them
  std::vector<local_artifact> artifacts;
  std::vector<run_step> steps;
  std::string run;
  std::string train;
  std::optional<uint64_t> max_concurrency;
  std::string config_file;            // name of the project's cog.yaml
  std::vector<std::string> weights;   // paths in the project that come from the image of weights
  std::string weights_image;

  // What is known only when the image is built.
  std::string wheel;          // file name of the tool's wheel
  bool certificate = false;   // COG_CA_CERT is baked in
  bool buildkit = true;       // mounts may be used
  bool precompile = false;    // all Python in the image is compiled
  bool strip = false;         // libraries of packages lose their debug symbols
};

/// Throws config_error for combinations that are none.
image_plan plan_image(const project_config& config, const base_flags& flags, const console& messages);

/// The steps of `build.run` and `build.pre_install` have no line breaks. Throws config_error.
std::vector<run_step> checked_steps(const project_config& config);

}   // namespace cog
