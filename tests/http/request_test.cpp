#include "http/request.hpp"
#include <boost/beast/http/error.hpp>
#include <doctest/doctest.h>

using namespace cog;
namespace http = boost::beast::http;

namespace {

/// Puts the text in pieces of `step` bytes; returns the error that ended it.
boost::system::error_code put(http_request& request, std::string_view text, size_t step = std::string_view::npos) {
  std::string buffer;
  while (!text.empty() && !request.is_done()) {
    auto piece = text.substr(0, step);
    text.remove_prefix(piece.size());
    buffer += piece;
    boost::system::error_code error;
    buffer.erase(0, request.put(net::buffer(buffer), error));
    if (error && error != http::error::need_more)
      return error;
  }
  return {};
}

std::string with_header(std::string_view line, std::string_view body = "{}") {
  return "POST /predictions HTTP/1.1\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" + std::string{line} +
    "\r\n\r\n" + std::string{body};
}

}   // namespace

TEST_CASE("http_request: takes method, target, the fields that matter and the body") {
  for (size_t step : {size_t{1}, size_t{7}, std::string_view::npos}) {
    http_request request;
    auto text =
      "PUT /predictions/x HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nPrefer: respond-async\r\n"
      "Accept: text/event-stream\r\nTraceParent: 00-1\r\ntracestate: a=b\r\nContent-Length: 4\r\n\r\n{ } ";
    REQUIRE_FALSE(put(request, text, step));
    CHECK(request.is_done());
    CHECK(request.method == "PUT");
    CHECK(request.target == "/predictions/x");
    CHECK(request.content_type == "application/json");
    CHECK(request.prefer == "respond-async");
    CHECK(request.accept == "text/event-stream");
    CHECK(request.traceparent == "00-1");
    CHECK(request.tracestate == "a=b");
    CHECK(request.body == "{ } ");
    CHECK(request.keep_alive());
  }
}

TEST_CASE("http_request: the first of a repeated field counts") {
  http_request request;
  put(request, with_header("Prefer: a\r\nPrefer: respond-async"));
  CHECK(request.prefer == "a");
}

TEST_CASE("http_request: chunked bodies are joined") {
  http_request request;
  put(request, "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 3);
  CHECK(request.is_done());
  CHECK(request.body == "abcde");
}

TEST_CASE("http_request: a body that is not kept is counted only") {
  http_request request;
  request.keep_body = false;
  put(request, with_header("x: y", "12345"));
  CHECK(request.body.empty());
  CHECK(request.body_size == 5);
}

TEST_CASE("http_request: JSON types are known by any case, suffix and parameter") {
  for (auto* type : {"application/json", "Application/JSON", "application/json; charset=latin1", "application/ld+json",
                     "application/json ;x=y"}) {
    http_request request;
    put(request, with_header(std::string{"content-type: "} + type));
    CHECK_MESSAGE(request.is_json(), type);
  }
  for (auto* type : {"text/json", "application/jsonx", "application/x-www-form-urlencoded", "application/+json",
                     "multipart/form-data; boundary=json"}) {
    http_request request;
    put(request, with_header(std::string{"content-type: "} + type));
    CHECK_FALSE_MESSAGE(request.is_json(), type);
  }
}

TEST_CASE("http_request: a header over 16 KiB and a body over the limit are errors") {
  http_request long_header;
  CHECK(put(long_header, with_header("x: " + std::string(17000, 'a'))) == http::error::header_limit);
  http_request long_body;
  long_body.body_limit(10);
  CHECK(put(long_body, with_header("x: y", "12345678901")) == http::error::body_limit);
}

TEST_CASE("http_request: HTTP/1.0 and Connection: close end the connection") {
  http_request old;
  put(old, "GET / HTTP/1.0\r\n\r\n");
  CHECK_FALSE(old.keep_alive());
  http_request closing;
  put(closing, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  CHECK_FALSE(closing.keep_alive());
}
