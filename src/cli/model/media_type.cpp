#include "cli/model/media_type.hpp"
#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <utility>

namespace cog {

namespace {

using known_type = std::pair<std::string_view, std::string_view>;

/// Of several rows with one media type, the first names the extension of what is written.
constexpr auto known_types = std::to_array<known_type>({
  {".7z", "application/x-7z-compressed"},
  {".aac", "audio/aac"},
  {".avi", "video/x-msvideo"},
  {".avif", "image/avif"},
  {".bin", "application/octet-stream"},
  {".bmp", "image/bmp"},
  {".bmp", "image/x-ms-bmp"},
  {".bz2", "application/x-bzip2"},
  {".css", "text/css"},
  {".csv", "text/csv"},
  {".doc", "application/msword"},
  {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
  {".epub", "application/epub+zip"},
  {".flac", "audio/flac"},
  {".gif", "image/gif"},
  {".glb", "model/gltf-binary"},
  {".gltf", "model/gltf+json"},
  {".gz", "application/gzip"},
  {".gz", "application/x-gzip"},
  {".html", "text/html"},
  {".htm", "text/html"},
  {".ico", "image/vnd.microsoft.icon"},
  {".ico", "image/x-icon"},
  {".jpg", "image/jpeg"},
  {".jpeg", "image/jpeg"},
  {".js", "text/javascript"},
  {".js", "application/javascript"},
  {".json", "application/json"},
  {".jsonl", "application/jsonl"},
  {".m4a", "audio/mp4"},
  {".md", "text/markdown"},
  {".mkv", "video/x-matroska"},
  {".mov", "video/quicktime"},
  {".mp3", "audio/mpeg"},
  {".mp4", "video/mp4"},
  {".mpeg", "video/mpeg"},
  {".mtl", "model/mtl"},
  {".ndjson", "application/x-ndjson"},
  {".obj", "model/obj"},
  {".odp", "application/vnd.oasis.opendocument.presentation"},
  {".ods", "application/vnd.oasis.opendocument.spreadsheet"},
  {".odt", "application/vnd.oasis.opendocument.text"},
  {".oga", "audio/ogg"},
  {".ogg", "audio/ogg"},
  {".ogv", "video/ogg"},
  {".opus", "audio/opus"},
  {".otf", "font/otf"},
  {".pdf", "application/pdf"},
  {".png", "image/png"},
  {".ppt", "application/vnd.ms-powerpoint"},
  {".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
  {".py", "text/x-python"},
  {".rtf", "application/rtf"},
  {".stl", "model/stl"},
  {".svg", "image/svg+xml"},
  {".tar", "application/x-tar"},
  {".tiff", "image/tiff"},
  {".tif", "image/tiff"},
  {".ttf", "font/ttf"},
  {".txt", "text/plain"},
  {".wav", "audio/wav"},
  {".wav", "audio/x-wav"},
  {".wasm", "application/wasm"},
  {".weba", "audio/webm"},
  {".webm", "video/webm"},
  {".webp", "image/webp"},
  {".woff", "font/woff"},
  {".woff2", "font/woff2"},
  {".xls", "application/vnd.ms-excel"},
  {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
  {".xml", "application/xml"},
  {".xml", "text/xml"},
  {".zip", "application/zip"},
  {".zip", "application/x-zip-compressed"},
});

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
  auto base = file_name.substr(file_name.rfind('/') + 1);
  auto dot = base.rfind('.');
  std::string result = "application/octet-stream";
  if (dot == base.npos)
    return result;
  std::string extension{base.substr(dot)};
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  auto known =
    std::find_if(known_types.begin(), known_types.end(), [&](auto& entry) { return entry.first == extension; });
  if (known != known_types.end())
    return std::string{known->second};
  find_in_system_table([&](const std::string& type, const std::string& other) {
    bool found = extension.compare(1, std::string::npos, other) == 0;
    if (found)
      result = type;
    return found;
  });
  return result;
}

std::string extension_of_media_type(std::string_view media_type) {
  auto known =
    std::find_if(known_types.begin(), known_types.end(), [&](auto& entry) { return entry.second == media_type; });
  if (known != known_types.end())
    return std::string{known->first};
  std::string result;
  find_in_system_table([&](const std::string& type, const std::string& extension) {
    bool found = type == media_type;
    if (found)
      result = "." + extension;
    return found;
  });
  return result;
}

}   // namespace cog
