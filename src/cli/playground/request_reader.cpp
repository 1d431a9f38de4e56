#include "cli/playground/request_reader.hpp"
#include <boost/beast/http/error.hpp>

namespace cog::playground {

namespace {

namespace http = boost::beast::http;

constexpr std::chrono::seconds idle_limit{75};   // between requests
constexpr std::chrono::seconds head_limit{30};   // from its first byte to its last
constexpr std::chrono::seconds body_limit{60};   // without a byte of it
constexpr uint32_t longest_head = 64 * 1024;

}   // namespace

request_reader::request_reader(client_stream& client) : client_{client} {
  parser_.header_limit(longest_head);
  parser_.body_limit(boost::none);
}

/// Gives the parser what has come; false: it wants more.
bool request_reader::parse(boost::beast::error_code& error) {
  auto used = parser_.put(net::buffer(client_.input), error);
  client_.input.erase(0, used);
  auto more = error == http::error::need_more;
  if (more || error == http::error::need_buffer)
    error = {};
  return !more;
}

bool request_reader::read_head() {
  if (client_.input.empty() && !client_.receive(client_stream::clock::now() + idle_limit))
    return false;
  auto until = client_stream::clock::now() + head_limit;
  boost::beast::error_code error;
  while (!parser_.is_header_done()) {
    auto fed = parse(error);
    if (error) {
      refused_ = error == http::error::header_limit ? 431 : 400;
      return false;
    }
    if (!fed && !client_.receive(until))
      return false;
  }
  return true;
}

std::optional<uint64_t> request_reader::length() const {
  auto length = parser_.content_length();
  return length ? std::optional<uint64_t>{*length} : std::nullopt;
}

/// Programs that send much ask first whether it is wanted.
void request_reader::ask_for_body() {
  auto expect = field("expect");
  if (!asked_ && client_.input.empty() && boost::beast::iequals({expect.data(), expect.size()}, "100-continue"))
    client_.send("HTTP/1.1 100 Continue\r\n\r\n");
  asked_ = true;
}

size_t request_reader::read_body(char* into, size_t size) {
  auto& body = parser_.get().body();
  body.data = into;
  body.size = size;
  body.more = true;
  if (!parser_.is_done())
    ask_for_body();
  boost::beast::error_code error;
  for (bool fed = !client_.input.empty(); !parser_.is_done() && body.size == size;) {
    if (!fed && !client_.receive(client_stream::clock::now() + body_limit))
      return 0;
    fed = parse(error) && !client_.input.empty();
    if (error)
      return 0;
  }
  return size - body.size;
}

}   // namespace cog::playground
