#include "io/file_name.hpp"
#include "io/text.hpp"
#include <algorithm>
#include <array>
#include <simdjson.h>
#include <utility>

namespace cog {

namespace {

constexpr size_t longest_name = 200;   // bytes

using extension = std::pair<std::string_view, std::string_view>;
constexpr auto extensions = std::to_array<extension>({
  {"application/javascript", ".js"},
  {"application/json", ".json"},
  {"application/manifest+json", ".webmanifest"},
  {"application/msword", ".doc"},
  {"application/n-quads", ".nq"},
  {"application/octet-stream", ".bin"},
  {"application/pdf", ".pdf"},
  {"application/postscript", ".ps"},
  {"application/vnd.ms-excel", ".xls"},
  {"application/vnd.ms-powerpoint", ".ppt"},
  {"application/wasm", ".wasm"},
  {"application/x-hdf5", ".h5"},
  {"application/x-sh", ".sh"},
  {"application/x-tar", ".tar"},
  {"application/xml", ".xsl"},
  {"application/zip", ".zip"},
  {"audio/3gpp", ".3gp"},
  {"audio/aac", ".aac"},
  {"audio/basic", ".au"},
  {"audio/mpeg", ".mp3"},
  {"audio/opus", ".opus"},
  {"audio/x-aiff", ".aif"},
  {"audio/x-wav", ".wav"},
  {"image/avif", ".avif"},
  {"image/bmp", ".bmp"},
  {"image/gif", ".gif"},
  {"image/heic", ".heic"},
  {"image/heif", ".heif"},
  {"image/jpeg", ".jpg"},
  {"image/png", ".png"},
  {"image/svg+xml", ".svg"},
  {"image/tiff", ".tiff"},
  {"image/vnd.microsoft.icon", ".ico"},
  {"image/webp", ".webp"},
  {"text/css", ".css"},
  {"text/csv", ".csv"},
  {"text/html", ".html"},
  {"text/javascript", ".js"},
  {"text/markdown", ".md"},
  {"text/plain", ".txt"},
  {"text/rtf", ".rtf"},
  {"text/tab-separated-values", ".tsv"},
  {"text/x-python", ".py"},
  {"text/xml", ".xml"},
  {"video/mp4", ".mp4"},
  {"video/mpeg", ".mpeg"},
  {"video/quicktime", ".mov"},
  {"video/webm", ".webm"},
  {"video/x-msvideo", ".avi"},
});

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

}   // namespace

std::string file_name_of_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  auto scheme = url.find("://");
  auto path = url.find('/', scheme == url.npos ? 0 : scheme + 3);
  if (path == url.npos)
    return "file";
  std::string segment{url.substr(url.rfind('/') + 1)};
  std::replace(segment.begin(), segment.end(), '+', ' ');
  std::string decoded;
  percent_decode(segment, true, decoded);
  bool text = simdjson::validate_utf8(decoded);
  auto unusable = [&](char letter) { return letter == '/' || letter == '\0' || (!text && (letter & 0x80)); };
  std::replace_if(decoded.begin(), decoded.end(), unusable, '_');
  auto name = shorten(decoded);
  return name.empty() || name == "." || name == ".." ? "file" : name;
}

std::string file_name_of_type(std::string_view media_type) {
  auto known =
    std::find_if(extensions.begin(), extensions.end(), [&](auto& entry) { return entry.first == media_type; });
  return known == extensions.end() ? "file" : "file" + std::string{known->second};
}

}   // namespace cog
