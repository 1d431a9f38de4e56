#pragma once
#include "cli/console.hpp"
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cog {

/// What the image, or else cog.yaml, says of a model.
struct model_facts {
  std::string image;    // of cog.yaml
  std::string folder;   // of the project; empty when an image spoke
  bool gpu = false;
  bool trains = false;
  std::optional<uint64_t> max_concurrency;
  std::vector<std::pair<std::string, std::string>> environment;
};

/// From the label of `image`, if Docker has it here; null otherwise.
std::optional<model_facts> read_image(const std::string& image);

/// From the cog.yaml called `file` in `folder` or above it. Throws config_error.
model_facts read_project(const std::string& folder, const std::string& file, const console& messages);

}   // namespace cog
