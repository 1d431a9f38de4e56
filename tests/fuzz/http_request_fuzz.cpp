#include "http/request.hpp"
#include <cstdlib>
#include <optional>
#include <vector>

// `http_request` given whole, and in pieces whose lengths the first bytes tell: the same requests must come out, and no
// more than 16 KiB may wait for more.

namespace {

void require(bool condition) {
  if (!condition)
    std::abort();
}

struct reader {
  std::vector<std::string> requests;
  std::string buffer;
  std::optional<cog::http_request> request;
  bool closed = false;

  void give(std::string_view piece) {
    if (closed)
      return;
    buffer += piece;
    while (step())
      continue;
    require(closed || buffer.size() < 16 * 1024);
  }

  /// Is there more to take?
  bool step() {
    if (!request) {
      buffer.erase(0, cog::http_request::count_empty_lines(buffer));
      if (buffer.empty() || buffer == "\r")
        return false;
      request.emplace();
      request->body_limit(1024 * 1024);
    }
    buffer.erase(0, request->take(buffer));
    closed = request->refused().status != 0;
    if (closed)
      require(!request->refused().text.empty());
    if (closed || !request->is_done())
      return false;
    require(!request->host.empty() || request->version < 11);
    requests.push_back(request->method + ' ' + request->target + ' ' + request->host + ' ' + request->body);
    closed = !request->keep_alive();
    request.reset();
    return !closed;
  }
};

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t lengths = 4;
  if (size < lengths)
    return 0;
  std::string_view text{reinterpret_cast<const char*>(data) + lengths, size - lengths};
  reader whole, pieces;
  whole.give(text);
  for (size_t at = 0, turn = 0; at < text.size(); ++turn) {
    auto piece = text.substr(at, 1 + data[turn % lengths]);
    pieces.give(piece);
    at += piece.size();
  }
  require(whole.requests == pieces.requests);
  return 0;
}
