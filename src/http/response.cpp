#include "http/response.hpp"
#include "io/net.hpp"
#include <array>
#include <boost/beast/http/status.hpp>
#include <ctime>

namespace cog {

namespace {

/// The Date header's value, made anew when the second changes.
std::string_view http_date() {
  thread_local time_t last = -1;
  thread_local std::array<char, 32> text{};
  thread_local size_t size = 0;
  auto now = std::time(nullptr);
  if (now != last) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    last = now;
  }
  return {text.data(), size};
}

}   // namespace

http_response json_response(unsigned status, std::string body) {
  http_response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

http_response text_response(unsigned status, std::string body) {
  auto response = json_response(status, std::move(body));
  response.content_type = response.body.empty() ? "" : "text/plain; charset=utf-8";
  return response;
}

http_response try_later_response(std::string body) {
  auto response = text_response(503, std::move(body));
  response.more_headers.emplace_back("retry-after: 1");
  return response;
}

http_response out_of_memory_response() {
  auto response = try_later_response("The server is out of memory; try again later");
  response.close = true;
  return response;
}

std::string make_head(const http_response& response, std::optional<uint64_t> length, bool keep_alive) {
  std::string head;
  head.reserve(192);
  head += "HTTP/1.1 ";
  head += std::to_string(response.status);
  head += ' ';
  auto reason = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(response.status));
  head.append(reason.data(), reason.size());
  if (!response.content_type.empty()) {
    head += "\r\ncontent-type: ";
    head += response.content_type;
  }
  if (length && response.status != 204 && response.status != 304) {   // they have no body, whatever its length
    head += "\r\ncontent-length: ";
    head += std::to_string(*length);
  }
  for (auto& line : response.more_headers) {
    head += "\r\n";
    head += line;
  }
  if (!keep_alive)
    head += "\r\nconnection: close";
  head += "\r\ndate: ";
  head += http_date();
  head += "\r\n\r\n";
  return head;
}

}   // namespace cog
