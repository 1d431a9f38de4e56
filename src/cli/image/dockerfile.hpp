#pragma once
#include "cli/image/plan.hpp"
#include <string>

namespace cog {

// An image is built in two steps, since its labels say what was installed: first the environment, whose build context
// is the folder .cog/build, then the project's files on top of it, whose context is the project.

/// The environment: base image, packages, commands, the tool's wheel, and how the server is started.
std::string environment_dockerfile(const image_plan& plan);

/// The project's files, for a stage that begins with the environment.
std::string source_instructions(const image_plan& plan);

/// A LABEL instruction whose value comes in parts, since builders take a time that grows with the square of a word's
/// length. The value has no line breaks.
std::string label_instructions(const std::string& name, const std::string& value);

/// Environment and files in one, as `cog debug` shows them, with the requirements as comments.
std::string shown_dockerfile(const image_plan& plan);

/// The image of separate weights; its context is the project.
std::string weights_dockerfile(const std::vector<std::string>& weights);

}   // namespace cog
