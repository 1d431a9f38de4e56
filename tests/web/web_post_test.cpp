#include "web/web_post.hpp"
#include "web/curl_multi.hpp"
#include "../support/http_server.hpp"
#include "../support/temporary_folder.hpp"
#include <atomic>
#include <doctest/doctest.h>

using namespace cog;

namespace {

struct outcome {
  uint64_t status = 0;
  uint64_t retry_after = 0;
  std::string problem;
};

std::string reply(const std::string& status, const std::string& headers = {}) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n" + headers + "Connection: close\r\n\r\n";
}

outcome send_parts(const std::string& url, const std::vector<body_part>& body,
                   const std::vector<std::string>& headers = {}, const std::vector<std::string>& private_headers = {}) {
  for (auto* name : {"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy"})
    ::unsetenv(name);
  web_post post{url, make_body(body), headers, private_headers, web_options{}};
  curl_multi multi;
  multi.add(post.handle());
  while (true) {
    for (auto [which, code] : multi.perform())
      return {post.status(code), post.retry_after(), post.problem(code)};
    multi.wait();
  }
}

outcome send(const std::string& url, const std::string& body = "{}", const std::vector<std::string>& headers = {},
             const std::vector<std::string>& private_headers = {}) {
  return send_parts(url, {body}, headers, private_headers);
}

}   // namespace

TEST_CASE("web_post: sends a POST with its headers and does not wait for a 100") {
  std::string head;
  http_server server{[&](const std::string& request) {
    head = request;
    return reply("204 No Content");
  }};
  auto result = send(server.url("/hook?x=1"), "{\"a\":1}", {"Content-Type: application/json", "traceparent: 00-1"});
  CHECK(result.status == 204);
  CHECK(result.problem.empty());
  CHECK(head.starts_with("POST /hook?x=1 HTTP/1.1\r\n"));
  for (auto line :
       {"Content-Type: application/json\r\n", "traceparent: 00-1\r\n", "Content-Length: 7\r\n", "Accept: */*\r\n"})
    CHECK(head.find(line) != head.npos);
  CHECK(head.find("Expect:") == head.npos);
}

TEST_CASE("web_post: spaces and foreign letters of a URL are encoded") {
  std::string head;
  http_server server{[&](const std::string& request) {
    head = request;
    return reply("200 OK");
  }};
  CHECK(send(server.url("/a b/caf\xc3\xa9?q=1 2")).status == 200);
  CHECK(head.starts_with("POST /a%20b/caf%c3%a9?q=1+2 "));
}

TEST_CASE("web_post: tells the status and how long to wait") {
  http_server server{[](const std::string&) { return reply("429 Too Many Requests", "Retry-After: 7\r\n"); }};
  auto result = send(server.url("/"));
  CHECK(result.status == 429);
  CHECK(result.retry_after == 7);
  CHECK(result.problem.empty());
}

TEST_CASE("web_post: a success that breaks off is a success, a failure that does is none at all") {
  http_server server{[](const std::string& request) {
    auto status = request.starts_with("POST /good") ? "200 OK" : "500 Internal Server Error";
    return "HTTP/1.1 " + std::string{status} + "\r\nContent-Length: 10\r\n\r\nhalf";
  }};
  CHECK(send(server.url("/good")).status == 200);
  CHECK(send(server.url("/good")).problem.empty());
  CHECK(send(server.url("/bad")).status == 0);
  CHECK_FALSE(send(server.url("/bad")).problem.empty());
}

TEST_CASE("web_post: a redirect of the old kind becomes a GET, of the new kind stays a POST") {
  std::string last;
  http_server server{[&](const std::string& request) {
    last = request;
    if (request.starts_with("POST /302"))
      return reply("302 Found", "Location: /target\r\n");
    if (request.starts_with("POST /307"))
      return reply("307 Temporary Redirect", "Location: /target\r\n");
    return reply("200 OK");
  }};
  CHECK(send(server.url("/302")).status == 200);
  CHECK(last.starts_with("GET /target "));
  CHECK(send(server.url("/307")).status == 200);
  CHECK(last.starts_with("POST /target "));
}

TEST_CASE("web_post: private headers stay with the host and the method they were made for") {
  std::string elsewhere_got;
  http_server elsewhere{[&](const std::string& request) {
    elsewhere_got = request;
    return reply("200 OK");
  }};
  std::string last;
  http_server server{[&](const std::string& request) {
    last = request;
    if (request.starts_with("POST /302"))
      return reply("302 Found", "Location: /target\r\n");
    if (request.starts_with("POST /away"))
      return reply("307 Temporary Redirect", "location:  " + elsewhere.url("/target") + " \r\n");
    if (request.starts_with("POST /here"))
      return reply("308 Permanent Redirect", "Location: target\r\n");
    return reply("200 OK");
  }};
  auto go = [&](const char* path) { return send(server.url(path), "{}", {"traceparent: 1"}, {"webhook-id: m"}); };
  auto has = [](const std::string& request, const char* line) { return request.find(line) != request.npos; };
  CHECK(go("/here").status == 200);
  CHECK(last.starts_with("POST /target "));
  CHECK(has(last, "webhook-id: m\r\n"));
  CHECK(go("/302").status == 200);
  CHECK(last.starts_with("GET /target "));
  CHECK_FALSE(has(last, "webhook-id"));
  CHECK(has(last, "traceparent: 1\r\n"));
  CHECK(go("/away").status == 200);
  CHECK(has(last, "webhook-id: m\r\n"));
  CHECK(elsewhere_got.starts_with("POST /target "));
  CHECK_FALSE(has(elsewhere_got, "webhook-id"));
  CHECK(has(elsewhere_got, "traceparent: 1\r\n"));
}

TEST_CASE("web_post: a circle of redirects ends after ten") {
  std::atomic<int> requests = 0;
  http_server server{[&](const std::string&) {
    ++requests;
    return reply("307 Temporary Redirect", "Location: /again\r\n");
  }};
  auto result = send(server.url("/"));
  CHECK(result.status == 0);
  CHECK(requests == 11);
}

TEST_CASE("web_post: no redirect leads away from HTTP") {
  http_server server{
    [](const std::string&) { return reply("307 Temporary Redirect", "Location: file:///etc/passwd\r\n"); }};
  CHECK(send(server.url("/")).status == 0);
}

TEST_CASE("web_post: where nobody listens, and what is no URL, is a problem with a text") {
  std::string url;
  {
    http_server server{[](const std::string&) { return ""; }};
    url = server.url("/x");
  }
  for (auto& bad : {url, std::string{"nonsense url"}, std::string{"ftp://127.0.0.1/"}, std::string{"http://"}}) {
    auto result = send(bad);
    CHECK(result.status == 0);
    CHECK_FALSE(result.problem.empty());
  }
}

TEST_CASE("web_post: a body with a file in it is sent, and sent again when redirected") {
  temporary_folder temporary;
  write_file(temporary / "a.txt", "abc");
  std::string last;
  http_server server{[&](const std::string& request) {
    last = request;
    return request.starts_with("POST /first") ? reply("308 Permanent Redirect", "Location: /second\r\n")
                                              : reply("200 OK");
  }};
  std::vector<body_part> body{std::string{"["}, output_file{{}, temporary / "a.txt", "text/plain", 3},
                              std::string{"]"}};
  CHECK(send_parts(server.url("/first"), body).status == 200);
  CHECK(last.starts_with("POST /second "));
  CHECK(last.ends_with("\r\n\r\n[\"data:text/plain;base64,YWJj\"]"));
}
