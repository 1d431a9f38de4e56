#pragma once
#include <string>

namespace cog {

/// Where the tool keeps what it makes for a project: its `.cog`, or, where that cannot be written, a folder in
/// COG_CACHE_DIR, XDG_CACHE_HOME/cog or ~/.cache/cog. Throws command_error when neither can be made.
std::string state_folder(const std::string& project);

}   // namespace cog
