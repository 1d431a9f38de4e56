#pragma once
#include "cli/config/cog_yaml.hpp"
#include "cli/image/gpu_choice.hpp"
#include <string>
#include <utility>
#include <vector>

namespace cog {

using label_list = std::vector<std::pair<std::string, std::string>>;

/// The label that makes an image a Cog model: cog.yaml as compact JSON, with CUDA as it was resolved.
std::string config_label(const project_config& config, const gpu_choice& gpu);

/// All labels of a built image. `schema` may be empty. Git's revision and version are left out where there are none.
label_list image_labels(const project_config& config, const gpu_choice& gpu, const std::string& schema,
                        const std::string& pip_freeze);

}   // namespace cog
