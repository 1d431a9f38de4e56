#include "io/file_name.hpp"
#include "io/media_type.hpp"
#include "io/text.hpp"
#include <algorithm>
#include <simdjson.h>

namespace cog {

namespace {

constexpr size_t longest_name = 200;   // bytes

/// As Python's os.path.splitext: leading dots start no extension.
std::string_view extension_of(std::string_view name) {
  auto start = std::min(name.find_first_not_of('.'), name.size());
  auto dot = name.rfind('.');
  return dot == name.npos || dot < start ? std::string_view{} : name.substr(dot);
}

bool continues_utf8(char letter) {
  return (static_cast<unsigned char>(letter) & 0xc0) == 0x80;
}

std::string shorten(const std::string& name) {
  if (name.size() <= longest_name)
    return name;
  auto suffix = extension_of(name);
  if (suffix.size() >= longest_name)
    suffix = {};
  auto length = longest_name - suffix.size() - 1;
  while (length > 0 && continues_utf8(name[length]))
    --length;
  return name.substr(0, length).append("~").append(suffix);
}

/// Percent-encoded text as a name; empty when it cannot be one.
std::string decoded_name(std::string_view text) {
  std::string decoded;
  percent_decode(text, true, decoded);
  bool is_utf8 = simdjson::validate_utf8(decoded);
  auto unusable = [&](char letter) { return letter == '/' || letter == '\0' || (!is_utf8 && (letter & 0x80)); };
  std::replace_if(decoded.begin(), decoded.end(), unusable, '_');
  auto name = shorten(decoded);
  return name == "." || name == ".." ? std::string{} : name;
}

}   // namespace

std::string file_name_of_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  auto scheme = url.find("://");
  auto path = url.find('/', scheme == url.npos ? 0 : scheme + 3);
  if (path == url.npos)
    return "file";
  std::string segment{url.substr(url.rfind('/') + 1)};
  std::replace(segment.begin(), segment.end(), '+', ' ');
  auto name = decoded_name(segment);
  return name.empty() ? "file" : name;
}

std::string file_name_of_data(std::string_view name, std::string_view media_type) {
  auto given = decoded_name(name);
  return given.empty() ? "file" + std::string{known_extension(media_type)} : given;
}

}   // namespace cog
