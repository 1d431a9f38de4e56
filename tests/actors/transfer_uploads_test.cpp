#include "transfer_support.hpp"
#include <atomic>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

using namespace cog;

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

/// What is logged while this is the logger's; each line is a step `told`.
struct kept_lines : spdlog::sinks::base_sink<std::mutex> {
  explicit kept_lines(steps& told) : told_{told} {
    // nop
  }
  std::vector<std::string> lines;

protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    lines.emplace_back(message.payload.data(), message.payload.size());
    told_.add("told");
  }
  void flush_() override {
    // nop
  }

private:
  steps& told_;
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

TEST_CASE_FIXTURE(upload_fixture, "transfer: how far an upload is that takes long is logged, and its end") {
  steps told;
  auto before = spdlog::default_logger();
  auto sink = std::make_shared<kept_lines>(told);
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("uploads", sink));
  http_server server{[&](const std::string&) {
    told.wait_for("told", 2);
    return answer("200 OK", "");
  }};
  upload_url = server.url("/up");
  options.upload_news = std::chrono::milliseconds{1};
  CHECK(store());
  spdlog::set_default_logger(before);
  auto& lines = sink->lines;
  auto named = "id=p1 file=" + (temporary / "a b.png");
  CHECK(lines.front().starts_with("transfer: uploading, " + named + " sent="));
  CHECK(lines.front().ends_with(" of=7 seconds=0"));
  CHECK(lines.back() == "transfer: uploaded, " + named + " bytes=7");
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
