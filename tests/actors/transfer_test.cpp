#include "transfer_support.hpp"
#include <atomic>

using namespace cog;

namespace {

std::string redirect(const std::string& where) {
  return answer("302 Found", "moved", "Location: " + where + "\r\n");
}

}   // namespace

TEST_CASE_FIXTURE(transfer_fixture, "transfer: a URL becomes a file with the name from its path") {
  std::string head;
  http_server server{[&](const std::string& request) {
    head = request;
    return answer("200 OK", "hello");
  }};
  auto path = fetch(server.url("/a/my%20cat.txt?x=1"));
  REQUIRE(path);
  CHECK(*path == temporary / "in/0/my cat.txt");
  CHECK(read_file(*path) == "hello");
  CHECK(head.starts_with("GET /a/my%20cat.txt?x=1 HTTP/1.1\r\n"));
  CHECK(head.find("User-Agent: tester/1\r\n") != head.npos);
}

TEST_CASE_FIXTURE(transfer_fixture, "transfer: spaces and foreign letters of a URL are encoded") {
  std::string head;
  http_server server{[&](const std::string& request) {
    head = request;
    return answer("200 OK", "");
  }};
  auto path = fetch(server.url("/a b/caf\\u00e9"));
  REQUIRE(path);
  CHECK(*path == temporary / "in/0/caf\xc3\xa9");
  CHECK(head.starts_with("GET /a%20b/caf%c3%a9 "));
}

TEST_CASE_FIXTURE(transfer_fixture, "transfer: a status of failure is told in the words of requests") {
  http_server server{[](const std::string& request) {
    return request.starts_with("GET /gone") ? answer("404 Not Found", "no") : answer("500 Internal Server Error", "no");
  }};
  CHECK(failure(server.url("/gone?q")) == "404 Client Error: Not Found for url: " + server.url("/gone"));
  CHECK(failure(server.url("/x")) == "500 Server Error: Internal Server Error for url: " + server.url("/x"));
}

TEST_CASE_FIXTURE(transfer_fixture, "transfer: redirects are followed, the name is that of the first URL") {
  http_server server{[](const std::string& request) {
    return request.starts_with("GET /first.png") ? redirect("/second.jpg") : answer("200 OK", "picture");
  }};
  auto path = fetch(server.url("/first.png"));
  REQUIRE(path);
  CHECK(*path == temporary / "in/0/first.png");
  CHECK(read_file(*path) == "picture");
}

TEST_CASE_FIXTURE(transfer_fixture, "transfer: a failure names the URL that failed") {
  http_server server{[](const std::string& request) {
    return request.starts_with("GET /first") ? redirect("/second") : answer("403 Forbidden", "");
  }};
  CHECK(failure(server.url("/first")) == "403 Client Error: Forbidden for url: " + server.url("/second"));
}

TEST_CASE_FIXTURE(transfer_fixture, "transfer: a circle of redirects ends") {
  std::atomic<int> requests = 0;
  http_server server{[&](const std::string&) {
    ++requests;
    return redirect("/again");
  }};
  CHECK(failure(server.url("/")) == "Exceeded 30 redirects.");
  CHECK(requests == 31);
}

TEST_CASE_FIXTURE(transfer_fixture, "transfer: a cookie set by a redirect is sent on") {
  std::string second;
  http_server server{[&](const std::string& request) {
    if (request.starts_with("GET /first"))
      return answer("302 Found", "", "Location: /second\r\nSet-Cookie: key=abc\r\n");
    second = request;
    return answer("200 OK", "");
  }};
  REQUIRE(fetch(server.url("/first")));
  CHECK(second.find("Cookie: key=abc\r\n") != second.npos);
}

TEST_CASE_FIXTURE(transfer_fixture, "transfer: no redirect leads to a local file") {
  http_server server{[](const std::string&) { return redirect("file:///etc/passwd"); }};
  CHECK(failure(server.url("/x")).find("\"file\" not supported") != std::string::npos);
}

TEST_CASE_FIXTURE(transfer_fixture, "transfer: compressed content is decoded") {
  const std::string gzip{
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00", 25};
  std::string head;
  http_server server{[&](const std::string& request) {
    head = request;
    return answer("200 OK", gzip, "Content-Encoding: gzip\r\n");
  }};
  auto path = fetch(server.url("/x"));
  REQUIRE(path);
  CHECK(read_file(*path) == "hello");
  CHECK(head.find("Accept-Encoding: ") != head.npos);
}

TEST_CASE_FIXTURE(transfer_fixture, "transfer: a file over the limit is refused") {
  options.max_bytes = 4;
  http_server server{
    [](const std::string& request) { return answer("200 OK", request.starts_with("GET /4") ? "four" : "fives"); }};
  CHECK(fetch(server.url("/4")));
  CHECK(failure(server.url("/5")) ==
        "The file is larger than the 4 bytes that COG_MAX_DOWNLOAD_BYTES allows, for url: " + server.url("/5"));
}

TEST_CASE_FIXTURE(transfer_fixture, "transfer: half a file is a failure") {
  http_server server{[](const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"; }};
  CHECK(failure(server.url("/x")).ends_with(" for url: " + server.url("/x")));
}

TEST_CASE_FIXTURE(transfer_fixture, "transfer: a server that is not there is a failure") {
  std::string url;
  {
    http_server server{[](const std::string&) { return ""; }};
    url = server.url("/x");
  }
  CHECK(failure(url).starts_with("Failed to connect to 127.0.0.1"));
}

TEST_CASE_FIXTURE(transfer_fixture, "transfer: a server that falls silent is given up") {
  options.idle_timeout = 1;
  steps done;
  http_server server{[&](const std::string&) {
    done.wait_for("failure");
    return "";
  }};
  auto text = failure(server.url("/x"));
  done.add("failure");
  CHECK(text.find("too slow") != text.npos);
}

TEST_CASE_FIXTURE(transfer_fixture, "transfer: a URL without a host is told in the words of requests") {
  CHECK(failure("http://") == "Invalid URL 'http://': No host supplied");
  CHECK(failure("http://h:99999999/").starts_with("Invalid URL 'http://h:99999999/': "));
}

TEST_CASE_FIXTURE(transfer_fixture, "transfer: a file that cannot be made is our failure") {
  write_file(temporary / "in", "in the way");
  auto result = fetch("http://127.0.0.1:1/x");
  REQUIRE_FALSE(result);
  CHECK(code_of(result.error()) == errc::file_failed);
}

TEST_CASE_FIXTURE(transfer_fixture, "transfer: a proxy is asked for the whole URL") {
  std::string head;
  http_server proxy{[&](const std::string& request) {
    head = request;
    return answer("200 OK", "from afar");
  }};
  options.http_proxy = proxy.url("");
  auto path = fetch("http://model.invalid/x");
  REQUIRE(path);
  CHECK(read_file(*path) == "from afar");
  CHECK(head.starts_with("GET http://model.invalid/x HTTP/1.1\r\n"));
}

TEST_CASE_FIXTURE(transfer_fixture, "transfer: eight at once into one folder, and other folders do not wait for them") {
  steps done;
  std::atomic<int> running = 0, most = 0;
  http_server server{[&](const std::string& request) {
    if (request.starts_with("GET /other"))
      return answer("200 OK", "other");
    auto now = ++running;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
    done.add("arrived");
    done.wait_for("arrived", 8);
    done.wait_for("other");
    --running;
    return answer("200 OK", "slow");
  }};
  using request_type = decltype(ask(""));
  std::vector<request_type> slow;
  for (uint64_t i = 0; i < 12; ++i)
    slow.push_back(ask(server.url("/slow"), i));
  CHECK(receive(ask(server.url("/other"), 0, "other")));
  done.add("other");
  for (auto& request : slow)
    CHECK(receive(std::move(request)));
  CHECK(most == 8);
}

TEST_CASE_FIXTURE(transfer_fixture,
                  "transfer: cancelling a folder ends what runs and what waits for it, and nothing else") {
  steps done;
  http_server server{[&](const std::string& request) {
    done.add("arrived");
    done.wait_for("cancelled");
    return answer("200 OK", request.substr(0, 6));
  }};
  using request_type = decltype(ask(""));
  std::vector<request_type> cancelled;
  auto kept = ask(server.url("/x"), 0, "kept");
  for (uint64_t i = 0; i < 10; ++i)
    cancelled.push_back(ask(server.url("/x"), i, "in"));
  done.wait_for("arrived", 9);
  self->send(subject, atom::cancel_v, temporary / "in");
  for (auto& request : cancelled) {
    auto result = receive(std::move(request));
    REQUIRE_FALSE(result);
    CHECK(code_of(result.error()) == errc::canceled);
  }
  done.add("cancelled");
  CHECK(receive(std::move(kept)));
}

TEST_CASE_FIXTURE(transfer_fixture, "transfer: at its end everybody gets an answer") {
  steps done;
  http_server server{[&](const std::string&) {
    done.add("arrived");
    done.wait_for("ended");
    return answer("200 OK", "");
  }};
  auto request = ask(server.url("/x"));
  done.wait_for("arrived");
  caf::anon_send_exit(subject, caf::exit_reason::kill);
  auto result = receive(std::move(request));
  done.add("ended");
  REQUIRE_FALSE(result);
  CHECK(code_of(result.error()) == errc::canceled);
}

TEST_CASE_FIXTURE(transfer_fixture, "transfer: options come from the environment") {
  write_file(temporary / "ca.pem", "");
  ::setenv("SSL_CERT_FILE", (temporary / "missing.pem").c_str(), 1);
  ::setenv("CURL_CA_BUNDLE", (temporary / "ca.pem").c_str(), 1);
  ::setenv("COG_USER_AGENT", "", 1);
  ::setenv("HTTP_PROXY", "http://upper", 1);
  auto found = web_options_from_environment();
  CHECK(found.user_agent == "cog-cpp/0.1.0");
  CHECK(found.ca_file == temporary / "ca.pem");
  CHECK(found.http_proxy == "http://upper");
  ::setenv("COG_USER_AGENT", "mine", 1);
  ::setenv("http_proxy", "http://lower", 1);
  found = web_options_from_environment();
  CHECK(found.user_agent == "mine");
  CHECK(found.http_proxy.empty());
  for (auto* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "COG_USER_AGENT", "HTTP_PROXY", "http_proxy"})
    ::unsetenv(name);
}

TEST_CASE_FIXTURE(transfer_fixture, "transfer: a host that does not answer leaves places for the webhooks of others") {
  steps done;
  http_server dead{[&](const std::string&) {
    done.add("arrived");
    done.wait_for("end");
    return answer("200 OK", "");
  }};
  http_server alive{[&](const std::string&) { return answer("200 OK", ""); }};
  start();
  auto post = [&](http_server& where) {
    return self->request(subject, caf::infinite, atom::post_v, post_job{where.url("/"), make_body({}), {}, {}});
  };
  std::vector<decltype(post(dead))> stuck;
  for (int i = 0; i < 300; ++i)
    stuck.push_back(post(dead));
  done.wait_for("arrived", 64);
  uint64_t status = 0;
  post(alive).receive([&](post_outcome& outcome) { status = outcome.status; }, [](caf::error&) { /* stays 0 */ });
  CHECK(status == 200);
  done.add("end");
  for (auto& request : stuck)
    request.receive([](post_outcome& outcome) { CHECK(outcome.status == 200); }, [](caf::error&) { CHECK(false); });
}
