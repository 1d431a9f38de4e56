#include "io/file_name.hpp"
#include "io/media_type.hpp"
#include "io/text.hpp"
#include <algorithm>
#include <simdjson.h>

namespace cog {

namespace {

constexpr size_t longest_name = 200;      // bytes
constexpr size_t longest_of_disk = 255;   // likewise

/// As Python's os.path.splitext: leading dots start no extension.
std::string_view extension_of(std::string_view name) {
  auto start = std::min(name.find_first_not_of('.'), name.size());
  auto dot = name.rfind('.');
  return dot == name.npos || dot < start ? std::string_view{} : name.substr(dot);
}

bool continues_utf8(char letter) {
  return (static_cast<unsigned char>(letter) & 0xc0) == 0x80;
}

std::string shorten(const std::string& name, size_t longest) {
  if (name.size() <= longest)
    return name;
  auto suffix = extension_of(name);
  if (suffix.size() >= longest)
    suffix = {};
  auto length = longest - suffix.size() - 1;
  while (length > 0 && continues_utf8(name[length]))
    --length;
  return name.substr(0, length).append("~").append(suffix);
}

/// Empty when it cannot be a name.
std::string usable_name(std::string name, size_t longest) {
  bool is_utf8 = simdjson::validate_utf8(name);
  auto unusable = [&](char letter) { return letter == '/' || letter == '\0' || (!is_utf8 && (letter & 0x80)); };
  std::replace_if(name.begin(), name.end(), unusable, '_');
  auto short_name = shorten(name, longest);
  return short_name == "." || short_name == ".." ? std::string{} : short_name;
}

/// Of percent-encoded text.
std::string decoded_name(std::string_view text) {
  std::string decoded;
  percent_decode(text, true, decoded);
  return usable_name(std::move(decoded), longest_name);
}

std::string name_by_type(std::string_view media_type) {
  return "file" + std::string{known_extension(media_type)};
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
  return given.empty() ? name_by_type(media_type) : given;
}

std::string file_name_of_upload(std::string_view name, std::string_view media_type) {
  auto given = usable_name(std::string{name.substr(name.find_last_of("/\\") + 1)}, longest_of_disk);
  if (!given.empty())
    return given;
  std::string type{media_type.substr(0, media_type.find_first_of("; \t"))};
  std::transform(type.begin(), type.end(), type.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter;
  });
  return name_by_type(type);
}

}   // namespace cog
