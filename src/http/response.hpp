#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// What goes out: a status, a few headers, and a body of texts and files in turn.
struct http_response {
  unsigned status = 200;
  std::string_view content_type = "application/json";   // empty: none
  std::string body;
  std::vector<std::string> more_headers;   // complete lines without their line ends
  bool close = false;                      // the connection ends after it
};

/// The header line of an answer whose files are links, as was asked for.
constexpr std::string_view links_header = "cog-files: links";

http_response json_response(unsigned status, std::string body);
/// A rejection by the HTTP layer, in plain words.
http_response text_response(unsigned status, std::string body);

/// What cannot be done for want of something that comes back soon: 503 with `Retry-After: 1`.
http_response try_later_response(std::string body);
/// The server has no memory for the request, of which the rest is not read.
http_response out_of_memory_response();

/// The head of a response, empty line included. `length` counts the bytes of the whole body; none for a chunked one.
std::string make_head(const http_response& response, std::optional<uint64_t> length, bool keep_alive);

}   // namespace cog
