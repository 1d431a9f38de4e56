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
};

/// From cog.yaml and the packages. Throws config_error when no CUDA fits, and says which ones do.
gpu_choice choose_gpu(const project_config& config, const std::vector<std::string>& requirements,
                      const console& messages);

/// The packages as pip should install them for that choice: indexes of PyTorch's builds first, then the packages.
std::vector<std::string> rewrite_requirements(const std::vector<std::string>& requirements, const gpu_choice& gpu,
                                              const console& messages);

}   // namespace cog
