#pragma once
#include "cli/config/cog_yaml.hpp"
#include <string>
#include <vector>

namespace cog {

/// CUDA as a project needs it; all empty when it asks for no GPU.
struct gpu_choice {
  std::string cuda;
  std::string cudnn;
  std::string tag;      // of nvidia/cuda
  std::string ubuntu;   // of that image

  // The latest known release, where the project names none and one had to be chosen.
  std::string torch{};
  std::string tensorflow{};
  bool tensorflow_packages = false;   // CUDA for TensorFlow comes from packages of its own
};

/// From cog.yaml and the packages. Throws config_error when no CUDA fits, and says which ones do.
gpu_choice choose_gpu(const project_config& config, const std::vector<std::string>& requirements,
                      const console& messages);

}   // namespace cog
