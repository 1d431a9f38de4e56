#pragma once
#include "cli/config/cog_yaml.hpp"
#include "cli/image/image_flags.hpp"
#include "cli/image/labels.hpp"
#include <string>

namespace cog {

/// Builds the environment of a project, without its files, as the image `name`: what serve, run, exec and train start
/// with the project mounted at /src. Throws command_error.
void build_environment(const project_config& config, const image_flags& flags, const session& common,
                       const std::string& name);

/// Builds the whole image `name`, with the project's files and all labels, `more_labels` among them. Says
/// what it does on standard error. Throws command_error.
void build_image(const project_config& config, const image_flags& flags, const session& common, const std::string& name,
                 const label_list& more_labels = {});

}   // namespace cog
