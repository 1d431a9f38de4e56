#pragma once
#include <string>
#include <string_view>

namespace cog {

/// Orders versions by their numbers: negative, zero or positive. What follows a `+` does not count, a missing part is 0.
int compare_versions(std::string_view left, std::string_view right);

/// Same major and minor version, and same patch where both have one.
bool matches_version(std::string_view left, std::string_view right);

/// Is a version such as `2.1.0` within `>=2.0,!=2.1.*`?
bool satisfies(std::string_view version, std::string_view specifiers);

/// `12.4` of `12.4.1`.
std::string major_minor(std::string_view version);

}   // namespace cog
