#pragma once
#include "cli/config/cog_yaml.hpp"

namespace cog {

/// A line for each setting of the reference's that is given, in cog.yaml or the environment, and has no effect here.
std::vector<std::string> ignored_settings(const project_config& config);

/// Does a value of COG_SDK_WHEEL or COGLET_WHEEL mean a file or a folder? Else a release of the reference.
bool is_wheel_path(const std::string& value);

}   // namespace cog
