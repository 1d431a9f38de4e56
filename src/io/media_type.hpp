#pragma once
#include <string_view>

namespace cog {

/// The extension of a file's name, with its dot; empty for a name without one, such as `.profile`.
std::string_view extension_of_name(std::string_view file_name);

/// The media type of a file by the extension of its name, in any letter case; empty where the table has none.
std::string_view known_media_type(std::string_view file_name);

/// The extension of files of a media type (lower case, without parameters), with its dot; empty where the table has none.
std::string_view known_extension(std::string_view media_type);

}   // namespace cog
