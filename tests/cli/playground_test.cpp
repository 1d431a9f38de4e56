#include "cli/playground/answer_head.hpp"
#include "cli/playground/request_reader.hpp"
#include "cli/playground/rules.hpp"
#include "cli/playground/webhook_relay.hpp"
#include "cli/shown_address.hpp"
#include <array>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace cog;
using namespace cog::playground;

namespace {

net::ip::address at(const char* address) {
  return net::ip::make_address(address);
}

bool may_pass(const visitor& who) {
  return refusal_of(who).empty();
}

bool is_readable(int descriptor) {
  pollfd watched{descriptor, POLLIN, 0};
  return poll(&watched, 1, 0) == 1;
}

/// Both ends of a connection; what is written into `other` is read by `client`.
struct connected {
  connected() {
    std::array<int, 2> ends{};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
    other.reset(ends[1]);
    client.emplace(unique_fd{ends[0]}, stop.get());
  }

  void send(std::string_view bytes) const {
    REQUIRE(write(other.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }

  unique_fd stop{eventfd(0, 0)};
  unique_fd other;
  std::optional<client_stream> client;
};

std::string whole_body(request_reader& request, size_t piece) {
  std::string all, bytes(piece, '\0');
  while (auto got = request.read_body(bytes.data(), bytes.size()))
    all.append(bytes, 0, got);
  return all;
}

}   // namespace

TEST_CASE("playground: a target is the address of a server") {
  CHECK(parse_target("http://localhost:8393").url == "http://localhost:8393");
  CHECK(parse_target("HTTPS://[::1]:1/a/b//").url == "HTTPS://[::1]:1/a/b");
  for (auto* wrong :
       {"", "/", "localhost:1", "ftp://x", "http://", "http:///x", "http://a@b", "http://a:b@c", "http://x?y",
        "http://x/#", "http://x:99999", "http://x y", "http://x\n", "http://\xc3\xa9", "http://a,b"}) {
    CAPTURE(wrong);
    auto target = parse_target(wrong);
    CHECK(target.url.empty());
    CHECK_FALSE(target.problem.empty());
  }
  CHECK_FALSE(parse_target("http://x/" + std::string(3000, 'a')).problem.empty());
  CHECK(parse_target("http://me:secret@x").problem.find("secret") == std::string::npos);
}

TEST_CASE("playground: hosts of this machine") {
  for (auto* own : {"localhost", "LocalHost:80", "127.0.0.1", "127.1.2.3:4", "[::1]", "[::1]:80", "[::ffff:127.0.0.1]"})
    CHECK_MESSAGE(is_loopback_host(own), own);
  for (auto* other :
       {"", ":80", "localhost.", "localhost.x", "x.localhost", "10.0.0.1", "[::2]", "::", "0.0.0.0", "127.1", "[::1"})
    CHECK_FALSE_MESSAGE(is_loopback_host(other), other);
  CHECK(is_loopback(at("::ffff:127.0.0.1")));
  CHECK_FALSE(is_loopback(at("::ffff:10.0.0.1")));
}

TEST_CASE("playground: who is answered") {
  auto own = at("127.0.0.1");
  CHECK(may_pass({own, "localhost:9", "", ""}));
  CHECK(may_pass({own, "localhost:9", "http://localhost:9", "same-origin"}));
  CHECK(may_pass({own, "localhost:9", "", "none"}));
  CHECK_FALSE(may_pass({at("10.0.0.1"), "localhost:9", "", ""}));
  CHECK_FALSE(may_pass({own, "evil.example:9", "", ""}));
  CHECK_FALSE(may_pass({own, "", "", ""}));
  CHECK_FALSE(may_pass({own, "localhost:9", "https://localhost:9", ""}));
  CHECK_FALSE(may_pass({own, "localhost:9", "null", ""}));
  CHECK_FALSE(may_pass({own, "localhost:9", "", "same-site"}));
  CHECK_FALSE(may_pass({own, "localhost:9", "", "cross-site"}));
  CHECK(may_pass({own, "localhost:9", "", "cross-site", true}));
  CHECK_FALSE(may_pass({own, "evil.example", "", "cross-site", true}));
}

TEST_CASE("playground: what passes in either direction") {
  for (auto* name :
       {"Accept", "Content-Type", "Prefer", "Cog-Files", "Cancel-After", "Last-Event-ID", "Range", "traceparent"})
    CHECK_MESSAGE(passes_to_target(name, "x"), name);
  for (auto* name : {"Cookie", "Origin", "Referer", "Host", "X-Cog-Target", "Sec-Fetch-Mode", "Connection",
                     "Content-Length", "Transfer-Encoding", "Expect", "Proxy-Authorization", "Upgrade"})
    CHECK_FALSE_MESSAGE(passes_to_target(name, "x"), name);
  CHECK(passes_to_target("authorization", "bearer k"));
  CHECK_FALSE(passes_to_target("Authorization", "Basic YTpi"));
  for (auto* name : {"Content-Type", "ETag", "Content-Range", "Retry-After", "Content-Disposition"})
    CHECK_MESSAGE(passes_to_page(name), name);
  for (auto* name : {"Set-Cookie", "Location", "WWW-Authenticate", "Access-Control-Allow-Origin", "Clear-Site-Data",
                     "Cache-Control", "Connection", "Transfer-Encoding", "Refresh"})
    CHECK_FALSE_MESSAGE(passes_to_page(name), name);
}

TEST_CASE("playground: tokens and parameters") {
  CHECK(is_token("aZ9_-"));
  for (auto& wrong : {std::string{}, std::string{"a/b"}, std::string{"a%20"}, std::string(129, 'a')})
    CHECK_FALSE_MESSAGE(is_token(wrong), wrong);
  CHECK(parameter("a=1&token=x&b", "token") == "x");
  CHECK(parameter("xtoken=1&token", "token").empty());
  CHECK(parameter("token==", "token") == "=");
}

TEST_CASE("playground: the head of an answer with a length") {
  answer_head head;
  CHECK_FALSE(head.take("HTTP/1.1 100 Continue\r\n"));
  CHECK_FALSE(head.take("\r\n"));
  CHECK_FALSE(head.take("HTTP/1.1 201 Whatever\r\n"));
  CHECK_FALSE(head.take("X-A:  b \r\n"));
  CHECK_FALSE(head.take("X-B: a\x01\r\n"));
  CHECK_FALSE(head.take(" folded: x\r\n"));
  CHECK_FALSE(head.take("Content-Length: 3\r\n"));
  CHECK_FALSE(head.take("Location: x\r\n"));
  CHECK(head.take("\r\n"));
  CHECK(head.text(false, 11, true) ==
        "HTTP/1.1 201 Created\r\nX-A: b\r\ncache-control: no-store\r\ncontent-length: 3\r\n\r\n");
  CHECK_FALSE(head.is_chunked());
  CHECK(head.text(false, 10, true).ends_with("content-length: 3\r\nconnection: keep-alive\r\n\r\n"));
  CHECK(head.text(true, 11, false).ends_with("content-length: 3\r\nconnection: close\r\n\r\n"));
}

TEST_CASE("playground: the head of an answer without a length") {
  answer_head head;
  head.take("HTTP/1.1 200 OK\r\n");
  CHECK(head.take("\r\n"));
  CHECK(head.text(false, 11, true).ends_with("transfer-encoding: chunked\r\n\r\n"));
  CHECK(head.is_chunked());
  CHECK(head.text(false, 10, true).ends_with("no-store\r\nconnection: close\r\n\r\n"));
  CHECK(head.is_open_ended());
  head.text(true, 11, true);
  CHECK_FALSE(head.is_chunked());
  head.take("HTTP/1.1 304 Not Modified\r\n");
  head.take("\r\n");
  CHECK(head.text(false, 11, true) == "HTTP/1.1 304 Not Modified\r\ncache-control: no-store\r\n\r\n");
}

TEST_CASE("playground: answers of our own") {
  CHECK(make_answer(200, "a/b", "xyz", {"c: d"}, true) ==
        "HTTP/1.1 200 OK\r\ncontent-type: a/b\r\nc: d\r\ncontent-length: 3\r\n\r\nxyz");
  CHECK(make_answer(304, "", "", {}, false) == "HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n");
  CHECK(error_body("a \"b\"") == R"({"error":"a \"b\""})");
}

TEST_CASE("playground: a request is read however it is cut") {
  const std::string text =
    "POST /proxy/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n3;x=y\r\nefg\r\n0\r\n\r\nGET "
    "/ HTTP/1.1\r\n\r\n";
  for (size_t cut = 0; cut < text.size(); ++cut) {
    connected both;
    std::string_view all{text};
    both.send(all.substr(0, cut));
    if (cut > 0)
      REQUIRE(both.client->receive(client_stream::clock::now() + std::chrono::seconds{30}));
    both.send(all.substr(cut));
    shutdown(both.other.get(), SHUT_WR);
    request_reader request{*both.client};
    REQUIRE(request.read_head());
    CHECK(request.method() == "POST");
    CHECK(request.target() == "/proxy/x");
    CHECK(request.field("host") == "h");
    CHECK(request.is_chunked());
    CHECK_FALSE(request.is_complete());
    CHECK(whole_body(request, 3) == "abcdefg");
    CHECK(request.is_complete());
    request_reader next{*both.client};
    REQUIRE(next.read_head());
    CHECK(next.is_complete());
    request_reader none{*both.client};
    CHECK_FALSE(none.read_head());
    CHECK(none.refused() == 0);
  }
}

TEST_CASE("playground: a body that ends before its end is not complete") {
  connected both;
  both.send("PUT / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc");
  shutdown(both.other.get(), SHUT_WR);
  request_reader request{*both.client};
  REQUIRE(request.read_head());
  CHECK(request.length() == 5);
  CHECK(whole_body(request, 100) == "abc");
  CHECK_FALSE(request.is_complete());
}

TEST_CASE("playground: whoever waits for a client is woken by the end of everything") {
  connected both;
  eventfd_write(both.stop.get(), 1);
  CHECK_FALSE(both.client->receive(client_stream::clock::now() + std::chrono::hours{1}));
  CHECK(both.client->wait(both.other.get(), std::chrono::hours{1}) == client_stream::event::left);
  CHECK_FALSE(both.client->send(std::string(8 << 20, 'x')));
}

TEST_CASE("playground: a client that has left is told from one that has sent the next request") {
  connected both;
  CHECK_FALSE(both.client->has_left());
  both.send("x");
  CHECK_FALSE(both.client->has_left());
  both.other.reset();
  CHECK_FALSE(both.client->has_left());
  REQUIRE(both.client->receive(client_stream::clock::now() + std::chrono::seconds{30}));
  CHECK(both.client->has_left());
}

TEST_CASE("playground: webhooks go to all who wait for them") {
  webhook_relay relay;
  CHECK(relay.deliver("a", "1") == webhook_relay::outcome::nobody);
  auto one = relay.listen("a"), other = relay.listen("a"), foreign = relay.listen("b");
  CHECK(relay.is_awaited("a"));
  CHECK(relay.deliver("a", "1") == webhook_relay::outcome::taken);
  CHECK(relay.deliver("a", "2") == webhook_relay::outcome::taken);
  CHECK(is_readable(one->descriptor()));
  CHECK(one->take() == std::deque<std::string>{"1", "2"});
  CHECK_FALSE(is_readable(one->descriptor()));
  CHECK(other->take().size() == 2);
  CHECK(foreign->take().empty());
  one.reset();
  CHECK(relay.is_awaited("a"));
  other.reset();
  CHECK_FALSE(relay.is_awaited("a"));
  CHECK(relay.deliver("a", "3") == webhook_relay::outcome::nobody);
}

TEST_CASE("playground: a page that takes nothing is not remembered for ever") {
  webhook_relay relay;
  auto slow = relay.listen("a");
  const std::string event(10 << 20, 'x');
  for (int i = 0; i < 3; ++i)
    CHECK(relay.deliver("a", event) == webhook_relay::outcome::taken);
  CHECK(relay.deliver("a", event) == webhook_relay::outcome::full);
  slow->take();
  CHECK(relay.deliver("a", event) == webhook_relay::outcome::taken);
}

TEST_CASE("addresses as they are shown and asked") {
  CHECK(shown_url("127.0.0.1", 1) == "http://localhost:1");
  CHECK(shown_url("::1", 1) == "http://localhost:1");
  CHECK(shown_url("0.0.0.0", 1) == "http://0.0.0.0:1 (http://localhost:1)");
  CHECK(shown_url("fd00::1", 1) == "http://[fd00::1]:1");
  CHECK(own_url("0.0.0.0", 1) == "http://127.0.0.1:1");
  CHECK(own_url("::", 1) == "http://[::1]:1");
  CHECK(plain_host("localhost") == "127.0.0.1");
  CHECK(plain_host("[::1]") == "::1");
}
