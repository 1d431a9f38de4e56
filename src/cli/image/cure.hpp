#pragma once
#include <string>
#include <string_view>

namespace cog {

/// What would mend a build, by what it printed before it failed: a sentence; empty when nothing is known.
std::string find_cure(std::string_view output);

}   // namespace cog
