#include "cli/image/image_name.hpp"

namespace cog {

std::string repository_of(const std::string& image) {
  auto name = image.substr(0, image.find('@'));
  auto colon = name.rfind(':');
  auto is_tag = colon != std::string::npos && name.find('/', colon) == std::string::npos;
  return is_tag ? name.substr(0, colon) : name;
}

std::string registry_of(const std::string& image) {
  auto slash = image.find('/');
  auto first = image.substr(0, slash == std::string::npos ? 0 : slash);
  auto is_host = first == "localhost" || first.find_first_of(".:") != std::string::npos;
  return is_host ? first : "docker.io";
}

}   // namespace cog
