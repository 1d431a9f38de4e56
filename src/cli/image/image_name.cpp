#include "cli/image/image_name.hpp"
#include "cli/console.hpp"
#include <regex>

namespace cog {

std::string repository_of(const std::string& image) {
  auto name = image.substr(0, image.find('@'));
  auto colon = name.rfind(':');
  auto is_tag = colon != std::string::npos && name.find('/', colon) == std::string::npos;
  return is_tag ? name.substr(0, colon) : name;
}

void check_image_name(const std::string& image) {
  static const std::regex form{R"(([A-Za-z0-9.-]+(:[0-9]+)?/)?)"
                               R"([a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*)"
                               R"((:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?)"};
  if (!std::regex_match(image, form))
    throw command_error{"invalid image name \"" + image +
                        "\": write it as [host[:port]/]name[:tag], the name in lower-case letters, digits, and . _ - "
                        "between them"};
}

std::string registry_of(const std::string& image) {
  auto slash = image.find('/');
  auto first = image.substr(0, slash == std::string::npos ? 0 : slash);
  auto is_host = first == "localhost" || first.find_first_of(".:") != std::string::npos;
  return is_host ? first : "docker.io";
}

}   // namespace cog
