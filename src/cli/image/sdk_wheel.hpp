#pragma once
#include "cli/session.hpp"
#include <string>

namespace cog {

/// The wheel of this product that goes into images: of COG_SDK_WHEEL, else in dist/ beside the tool, else packed again
/// from the installed files into `folder`. Returns its path. Throws command_error.
std::string find_sdk_wheel(const session& common, const std::string& folder);

}   // namespace cog
