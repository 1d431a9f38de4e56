#pragma once
#include <string_view>

namespace cog {

/// Whether an Accept header names HTML, and likes it better than JSON where it names that, too. Wildcards do not count,
/// so programs get JSON, and so does whoever sends a header that is malformed anywhere.
bool prefers_html(std::string_view accept);

/// Whether an Accept-Encoding header names gzip. One that is malformed names nothing.
bool accepts_gzip(std::string_view accept_encoding);

}   // namespace cog
