#pragma once
#include <string>
#include <string_view>

namespace cog {

/// The name that the file behind a URL gets: the last segment of its path, decoded, at most 200 bytes of UTF-8. What
/// cannot stand in a name becomes `_`; a name that cannot be used at all is `file`.
std::string file_name_of_url(std::string_view url);

/// The name for the content of a data URL: the percent-encoded one that it carries, made usable as above, else `file`
/// with the extension of its media type (lower case, without parameters) where that is known.
std::string file_name_of_data(std::string_view name, std::string_view media_type);

/// The name for a file that a form names: what follows the last slash or backslash, made usable as above, at most 255
/// bytes, else `file` with the extension of its media type.
std::string file_name_of_upload(std::string_view name, std::string_view media_type);

}   // namespace cog
