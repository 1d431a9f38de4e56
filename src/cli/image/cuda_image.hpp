#pragma once
#include "cli/image/tables.hpp"
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// Has `python:<version>-<image>` of that row been published?
bool has_python_image(const python_for_ubuntu& row, const std::string& python);

/// How Python comes to that Ubuntu; null when it does not.
const python_for_ubuntu* python_row(std::string_view ubuntu);

/// The image nvidia/cuda of the latest Ubuntu, of those that the Python can run in if there are any; null when there is
/// none. An empty `cudnn` stands for all.
const cuda_image* find_cuda_image(const std::string& cuda, const std::string& cudnn, const std::string& python);

/// Major versions of cuDNN that images of a CUDA have, the earliest first.
std::vector<std::string> cudnns_of(const std::string& cuda);

/// Versions of CUDA, as 12.4, that have images, the earliest first. An empty `cudnn` stands for all.
std::vector<std::string> cudas_of(const std::string& cudnn);

}   // namespace cog
