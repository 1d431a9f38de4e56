#pragma once
#include <string>
#include <string_view>

namespace cog {

/// The name that the file behind a URL gets: the last segment of its path, decoded, at most 200 bytes of UTF-8. What
/// cannot stand in a name becomes `_`; a name that cannot be used at all is `file`.
std::string file_name_of_url(std::string_view url);

/// `file`, with the extension that Python's `mimetypes.guess_extension` gives for a media type (lower case, without
/// parameters), if it knows one.
std::string file_name_of_type(std::string_view media_type);

}   // namespace cog
