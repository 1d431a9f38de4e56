#pragma once
#include "cli/config/cog_yaml.hpp"
#include "cli/engine/installation.hpp"
#include <string>
#include <vector>

namespace cog {

/// The Python environment of a project on this machine: `.cog/venv` (or in `state_folder`), made from cog.yaml by uv where there is one, else
/// by venv and pip. It is used again until the packages, the Python version or the place of our packages change.
///
/// Returns its folder. Throws command_error when it cannot be made.
std::string make_venv(const project_config& config, const installation& tool, const console& messages);

/// The lines of the project's requirements that are to be installed: without comments, and without what this product
/// itself provides. Throws command_error when the file cannot be read.
std::vector<std::string> host_requirements(const project_config& config);

}   // namespace cog
