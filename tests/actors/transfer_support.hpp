#pragma once
#include "../support/http_server.hpp"
#include "../support/temporary_folder.hpp"
#include "actors/transfer.hpp"
#include "input_support.hpp"
#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <doctest/doctest.h>
#include <mutex>

namespace cog {

inline std::string answer(const std::string& status, const std::string& body, const std::string& headers = {}) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
    "Connection: close\r\n\r\n" + body;
}

struct transfer_config : caf::actor_system_config {
  transfer_config() { add_message_types<caf::id_block::cog>(); }
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

  transfer_config cfg;
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

}   // namespace cog
