#pragma once
#include <string>
#include <string_view>

namespace cog {

/// A URL as people may read it: without user and password, query and fragment, which may hold secrets. The text need not
/// be a good URL.
std::string shown_url(std::string_view url);

/// Its host, as it is written there.
std::string host_of(std::string_view url);

}   // namespace cog
