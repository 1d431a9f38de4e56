#pragma once
#include "cli/console.hpp"
#include <optional>
#include <string>
#include <vector>

namespace cog {

/// What all commands share: the global flags, and where messages go.
struct session {
  console messages;
  std::string registry;   // host name of the registry that `login` and base images mean
  std::string home;       // cog/_bin of the installed package; empty when the tool runs from a build folder
  /// Of `cog exec ... -- command`: what follows the dashes, and is no argument of ours.
  std::optional<std::vector<std::string>> after_dashes;
};

}   // namespace cog
