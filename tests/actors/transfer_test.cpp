#include "actors/transfer.hpp"
#include "../support/http_server.hpp"
#include "../support/temporary_folder.hpp"
#include "input_support.hpp"
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <doctest/doctest.h>
#include <mutex>

using namespace cog;

namespace {

std::string answer(const std::string& status, const std::string& body, const std::string& headers = {}) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
    "Connection: close\r\n\r\n" + body;
}

std::string redirect(const std::string& where) {
  return answer("302 Found", "moved", "Location: " + where + "\r\n");
}

struct config : caf::actor_system_config {
  config() { add_message_types<caf::id_block::cog>(); }
};

/// A transfer actor on a thread of its own, as in the server.
struct transfer_fixture {
  transfer_fixture() {
    for (auto* name : {"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy"})
      ::unsetenv(name);
    options.user_agent = "tester/1";
  }
  ~transfer_fixture() { caf::anon_send_exit(subject, caf::exit_reason::user_shutdown); }
  void start() { subject = system.spawn<transfer, caf::detached>(options, upload_url); }
  auto ask(const std::string& url, uint64_t index = 0, const std::string& folder = "in") {
    if (!subject)
      start();
    return self->request(subject, caf::infinite, atom::fetch_v,
                         job_with('"' + url + '"', plain_folder(temporary / folder), index));
  }
  template <class Request>
  caf::expected<std::string> receive(Request request) {
    caf::expected<std::string> result{caf::sec::request_timeout};
    request.receive([&](std::string& path) { result = path; }, [&](caf::error& error) { result = error; });
    return result;
  }
  caf::expected<std::string> fetch(const std::string& url) { return receive(ask(url)); }
  /// The text of a download that fails.
  std::string failure(const std::string& url) {
    auto result = fetch(url);
    REQUIRE_FALSE(result);
    CHECK(code_of(result.error()) == errc::download_failed);
    return text_of(result.error());
  }

  config cfg;
  caf::actor_system system{cfg};
  caf::scoped_actor self{system};
  temporary_folder temporary;
  web_options options;
  std::string upload_url;
  transfer_actor subject;
};

/// Lets threads wait for one another's steps.
class steps {
public:
  void add(const std::string& name) {
    std::lock_guard guard{lock_};
    done_.push_back(name);
    changed_.notify_all();
  }
  void wait_for(const std::string& name, long count = 1) {
    std::unique_lock guard{lock_};
    changed_.wait(guard, [&] { return std::count(done_.begin(), done_.end(), name) >= count; });
  }

private:
  std::mutex lock_;
  std::condition_variable changed_;
  std::vector<std::string> done_;
};

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
  CHECK(failure(server.url("/gone?q")) == "404 Client Error: Not Found for url: " + server.url("/gone?q"));
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

namespace {

struct upload_fixture : transfer_fixture {
  upload_fixture() {
    write_file(temporary / "a b.png", "content");
    holder = plain_folder(temporary / "");
    options.upload_pause = std::chrono::milliseconds{1};
  }
  auto ask_upload(const std::string& name = "a b.png", const std::string& id = "p1", uint64_t size = 7) {
    if (!subject)
      start();
    return self->request(subject, caf::infinite, atom::store_v,
                         upload_job{{{}, temporary / name, "image/png", size}, id, holder});
  }
  caf::expected<std::string> store(const std::string& id = "p1") { return receive(ask_upload("a b.png", id)); }
  std::string upload_failure() {
    auto result = store();
    REQUIRE_FALSE(result);
    CHECK(code_of(result.error()) == errc::upload_failed);
    return text_of(result.error());
  }

  folder_ptr holder;
};

}   // namespace

TEST_CASE_FIXTURE(upload_fixture, "transfer: a file is put under its name, its URL is the answer") {
  std::string request;
  http_server server{[&](const std::string& whole) {
    request = whole;
    return answer("201 Created", "");
  }};
  upload_url = server.url("/up");
  CHECK(store() == server.url("/up/a%20b.png"));
  CHECK(request.starts_with("PUT /up/a%20b.png HTTP/1.1\r\n"));
  for (auto* line : {"Content-Type: image/png\r\n", "Content-Length: 7\r\n", "X-Prediction-Id: p1\r\n"})
    CHECK(request.find(line) != request.npos);
  CHECK(request.find("Expect:") == request.npos);
  CHECK(request.ends_with("\r\n\r\ncontent"));
}

TEST_CASE_FIXTURE(upload_fixture, "transfer: an id that is no header is not sent") {
  std::string request;
  http_server server{[&](const std::string& whole) {
    request = whole;
    return answer("200 OK", "");
  }};
  upload_url = server.url("/up/");
  CHECK(store("x\r\nEvil: 1") == server.url("/up/a%20b.png"));
  CHECK(request.find("Evil") == request.npos);
}

TEST_CASE_FIXTURE(upload_fixture, "transfer: the Location of an upload counts, without its query") {
  std::string location;
  http_server server{[&](const std::string&) { return answer("200 OK", "", "Location: " + location + "\r\n"); }};
  upload_url = server.url("/up");
  for (auto& [given, expected] : std::vector<std::pair<std::string, std::string>>{
         {"https://store.example/x/a.png?sign=1#part", "https://store.example/x/a.png#part"},
         {"s3://bucket/a.png?x", "s3://bucket/a.png"},
         {"/relative/a.png?sign=1", "/relative/a.png?sign=1"}}) {
    location = given;
    CHECK(store() == expected);
  }
}

TEST_CASE_FIXTURE(upload_fixture, "transfer: neither query nor password of the upload URL is told") {
  http_server server{[&](const std::string&) { return answer("200 OK", ""); }};
  auto url = server.url("/up?key=1");
  upload_url = "http://user:secret@" + url.substr(7);
  CHECK(store() == server.url("/up"));
}

TEST_CASE_FIXTURE(upload_fixture, "transfer: a redirected upload is sent again") {
  std::string last;
  http_server server{[&](const std::string& request) {
    last = request;
    return request.starts_with("PUT /up/") ? answer("307 Temporary Redirect", "", "Location: /moved\r\n")
                                           : answer("200 OK", "");
  }};
  upload_url = server.url("/up");
  CHECK(store() == server.url("/moved"));
  CHECK(last.starts_with("PUT /moved "));
  CHECK(last.ends_with("content"));
}

TEST_CASE_FIXTURE(upload_fixture, "transfer: what may pass is tried again, what will not is not") {
  std::atomic<int> requests = 0;
  http_server server{[&](const std::string& request) {
    ++requests;
    if (request.starts_with("PUT /busy"))
      return requests == 1 ? std::string{} : requests == 2 ? answer("503 Slow", "") : answer("200 OK", "");
    return answer("403 Forbidden", "");
  }};
  upload_url = server.url("/busy");
  CHECK(store() == server.url("/busy/a%20b.png"));
  CHECK(requests == 3);
  requests = 0;
  caf::anon_send_exit(subject, caf::exit_reason::user_shutdown);
  subject = nullptr;
  upload_url = server.url("/never");
  CHECK(upload_failure() == "upload returned status 403 Forbidden");
  CHECK(requests == 1);
}

TEST_CASE_FIXTURE(upload_fixture, "transfer: a file that cannot be read is not tried again") {
  http_server server{[&](const std::string&) { return answer("200 OK", ""); }};
  upload_url = server.url("/up");
  auto result = receive(ask_upload("missing.png"));
  REQUIRE_FALSE(result);
  CHECK(text_of(result.error()).find("No such file or directory") != std::string::npos);
}

TEST_CASE_FIXTURE(upload_fixture,
                  "transfer: cancelling a folder ends its uploads, also those that wait for another attempt") {
  steps done;
  http_server server{[&](const std::string&) {
    done.add("arrived");
    return answer("429 Too Many Requests", "", "Retry-After: 3600\r\n");
  }};
  upload_url = server.url("/up");
  auto request = ask_upload();
  done.wait_for("arrived");
  self->send(subject, atom::cancel_v, temporary / "");
  auto result = receive(std::move(request));
  REQUIRE_FALSE(result);
  CHECK(code_of(result.error()) == errc::canceled);
}

TEST_CASE_FIXTURE(upload_fixture, "transfer: private addresses are refused where that is asked for") {
  std::atomic<int> requests = 0;
  http_server server{[&](const std::string&) {
    ++requests;
    return answer("200 OK", "");
  }};
  options.public_only = true;
  options.http_proxy = server.url("");   // it would be private itself, and is not used
  upload_url = server.url("/up");
  auto expected = std::string{"127.0.0.1 is not a public address (COG_FORBID_PRIVATE_URLS)"};
  CHECK(upload_failure() == "upload request failed: " + expected);
  CHECK(failure(server.url("/x")) == expected + " for url: " + server.url("/x"));
  auto named = "http://localhost:" + server.url("").substr(17) + "/x";
  CHECK(text_of(receive(ask(named, 1)).error()).find("not a public address") != std::string::npos);
  post_outcome outcome;
  self->request(subject, caf::infinite, atom::post_v, post_job{server.url("/hook"), make_body({}), {}, {}})
    .receive([&](post_outcome& told) { outcome = told; }, [](caf::error&) { FAIL("no outcome"); });
  CHECK(outcome.refused);
  CHECK(outcome.error == expected);
  CHECK(requests == 0);
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
