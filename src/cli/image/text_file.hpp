#pragma once
#include <string>

namespace cog {

/// The content of a file. Throws command_error naming it.
std::string read_text(const std::string& path);

/// Writes a file, and the folders it lies in. Throws command_error naming it.
void write_text(const std::string& path, const std::string& content);

}   // namespace cog
