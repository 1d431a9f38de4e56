#pragma once
#include <string>
#include <vector>

namespace cog {

/// The files and folders of a project that hold weights: files of 10 MiB or more that are no code, pictures, sounds,
/// films or logs; their folders as a whole where these hold no code. Paths in the project, ascending.
std::vector<std::string> find_weights(const std::string& project);

/// A text that changes with the content of any of these files: a JSON object of their CRC-32. `.` stands for all files.
std::string weights_manifest(const std::string& project, const std::vector<std::string>& weights);

}   // namespace cog
