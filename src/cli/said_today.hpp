#pragma once
#include "cli/console.hpp"
#include <string>

namespace cog {

/// Warns of something that is not urgent: once a project and day. `folder` is the project's, in whose `state_folder` it is
/// noted; where nothing can be noted it is said each time.
void warn_once_a_day(const console& messages, const std::string& folder, const std::string& text);

}   // namespace cog
