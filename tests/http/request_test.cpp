#include "http/request.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

/// Gives the text in pieces of `step` bytes, as a connection does; returns the status that refused it, else 0.
unsigned put(http_request& request, std::string_view text, size_t step = std::string_view::npos) {
  std::string buffer;
  while (!text.empty() && !request.is_done()) {
    auto piece = text.substr(0, step);
    text.remove_prefix(piece.size());
    buffer += piece;
    buffer.erase(0, request.take(buffer));
    if (request.refused().status != 0)
      return request.refused().status;
  }
  return 0;
}

std::string with_header(std::string_view line, std::string_view body = "{}") {
  return "POST /predictions HTTP/1.1\r\ncontent-length: " + std::to_string(body.size()) + "\r\nhost: h\r\n" +
    std::string{line} + "\r\n\r\n" + std::string{body};
}

}   // namespace

TEST_CASE("http_request: takes method, target, the fields that matter and the body") {
  for (size_t step : {size_t{1}, size_t{7}, std::string_view::npos}) {
    http_request request;
    auto text =
      "PUT /predictions/x HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nPrefer: respond-async\r\n"
      "Accept: text/event-stream\r\nTraceParent: 00-1\r\ntracestate: a=b\r\nContent-Length: 4\r\n\r\n{ } ";
    REQUIRE(put(request, text, step) == 0);
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

TEST_CASE("http_request: takes what is asked of files and events") {
  http_request request;
  put(request, with_header("Range: bytes=0-1\r\nIf-Range: \"a\"\r\nlast-event-id: 1-2\r\nCOG-FILES:  links "));
  CHECK(request.range == "bytes=0-1");
  CHECK(request.if_range == "\"a\"");
  CHECK(request.last_event_id == "1-2");
  CHECK(request.wants_links);
  http_request other;
  put(other, with_header("cog-files: link"));
  CHECK_FALSE(other.wants_links);
}

TEST_CASE("http_request: the first of a repeated field counts") {
  http_request request;
  put(request, with_header("Prefer: a\r\nPrefer: respond-async"));
  CHECK(request.prefer == "a");
}

TEST_CASE("http_request: chunked bodies are joined") {
  http_request request;
  put(request, "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 3);
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

TEST_CASE("http_request: a header over 16 KiB and a body over the limit are refused") {
  http_request long_header;
  CHECK(put(long_header, with_header("x: " + std::string(17000, 'a'))) == 431);
  http_request long_body;
  long_body.body_limit(10);
  CHECK(put(long_body, with_header("x: y", "12345678901")) == 413);
}

TEST_CASE("http_request: HTTP/1.0 and Connection: close end the connection") {
  http_request old;
  put(old, "GET / HTTP/1.0\r\n\r\n");
  CHECK_FALSE(old.keep_alive());
  http_request closing;
  put(closing, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  CHECK_FALSE(closing.keep_alive());
}

TEST_CASE("http_request: a target that names a host gives path and host") {
  http_request request;
  REQUIRE(put(request, "GET http://there:80/path?x=y HTTP/1.1\r\nHost: here\r\n\r\n") == 0);
  CHECK(request.target == "/path?x=y");
  CHECK(request.host == "there:80");
  http_request short_one;
  REQUIRE(put(short_one, "GET http://there?x HTTP/1.1\r\nHost: here\r\n\r\n") == 0);
  CHECK(short_one.target == "/?x");
}

TEST_CASE("http_request: the trailer changes nothing") {
  http_request request;
  REQUIRE(put(request,
              "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nHost: other\r\n"
              "Content-Type: application/json\r\nOrigin: http://x\r\nExpect: 100-continue\r\n\r\n") == 0);
  CHECK(request.is_done());
  CHECK(request.host == "h");
  CHECK_FALSE(request.has_content_type);
  CHECK(request.origin.empty());
  CHECK_FALSE(request.expects_continue);
}

TEST_CASE("http_request: only HTTP/1.1 may wait to be asked for its body") {
  http_request request;
  put(request, "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n");
  CHECK(request.expects_continue);
  http_request old;
  put(old, "POST / HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  CHECK_FALSE(old.expects_continue);
}

TEST_CASE("http_request: the fields of the queue, and when the deadline came") {
  http_request request;
  auto before = std::chrono::steady_clock::now();
  REQUIRE(put(request, with_header("Cancel-After: 5m\r\nCOG-PRIORITY: low")) == 0);
  CHECK(request.cancel_after == "5m");
  CHECK(request.cancel_after_read >= before);
  CHECK(request.priority == "low");
  CHECK(request.fair_key.empty());
}

TEST_CASE("http_request: any field may be the key, those with a meaning of their own included") {
  for (auto* name : {"X-Customer", "Origin", "authorization"}) {
    http_request request;
    request.fair_by = name;
    REQUIRE(put(request, with_header(std::string{"x-other: b\r\n"} + name + ": a")) == 0);
    CHECK(request.fair_key == "a");
  }
}
