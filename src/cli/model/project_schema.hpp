#pragma once
#include "cli/config/cog_yaml.hpp"
#include "cli/engine/installation.hpp"
#include <string>

namespace cog {

/// The OpenAPI document of a project, read from its source without importing it: COG_OPENAPI_SCHEMA if that is set, else
/// by `python -m cog.schema --static`. Empty, with `problem` saying why, when the source does not tell: then only the
/// running model does. Throws command_error when the file of COG_OPENAPI_SCHEMA cannot be read.
std::string project_schema(const project_config& config, const installation& tool, bool training, std::string& problem);

}   // namespace cog
