#pragma once
#include <string>
#include <string_view>

namespace cog {

/// The media type of a file by its extension; `application/octet-stream` where that says nothing.
std::string media_type_of(std::string_view file_name);

/// The extension of files of a media type (lower case, without parameters), with its dot; empty where none is known.
std::string extension_of_media_type(std::string_view media_type);

}   // namespace cog
