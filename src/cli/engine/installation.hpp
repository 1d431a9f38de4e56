#pragma once
#include "cli/session.hpp"
#include <string>

namespace cog {

/// Where the parts of this product are that the tool brings into a model's environment.
struct installation {
  std::string coglet;     // the server
  std::string packages;   // folder of the Python packages `cog` and `coglet`
};

/// Beside the program of a wheel, else around the build folder that it runs from, else where `meson install` put it.
/// Throws command_error.
installation find_installation(const session& common);

}   // namespace cog
