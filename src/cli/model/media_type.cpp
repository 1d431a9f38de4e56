#include "cli/model/media_type.hpp"
#include "io/media_type.hpp"
#include <algorithm>
#include <fstream>
#include <sstream>

namespace cog {

namespace {

/// Calls `each(media type, extension without a dot)` for what the system knows, until it returns true.
template <class Each>
void find_in_system_table(Each each) {
  std::ifstream table{"/etc/mime.types"};
  for (std::string line; std::getline(table, line);) {
    std::istringstream words{line.substr(0, line.find('#'))};
    std::string type, extension;
    words >> type;
    while (words >> extension)
      if (each(type, extension))
        return;
  }
}

}   // namespace

std::string media_type_of(std::string_view file_name) {
  if (auto known = known_media_type(file_name); !known.empty())
    return std::string{known};
  std::string extension{extension_of_name(file_name)};
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  std::string result = "application/octet-stream";
  find_in_system_table([&](const std::string& type, const std::string& other) {
    bool found = extension == "." + other;
    if (found)
      result = type;
    return found;
  });
  return result;
}

std::string extension_of_media_type(std::string_view media_type) {
  std::string result{known_extension(media_type)};
  if (result.empty())
    find_in_system_table([&](const std::string& type, const std::string& extension) {
      bool found = type == media_type;
      if (found)
        result = "." + extension;
      return found;
    });
  return result;
}

}   // namespace cog
