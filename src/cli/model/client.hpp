#pragma once
#include <chrono>
#include <curl/curl.h>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cog {

struct http_question {
  std::string method = "GET";
  std::string path;                                  // with its leading slash
  std::string body{};                                // sent as JSON unless empty
  std::string accept{};                              // empty: anything
  std::string prefer{};                              // the header of that name
  std::chrono::milliseconds limit{0};                // of the whole exchange; 0: none
  std::function<void(std::string_view)> on_body{};   // gets an answer with status 200 piece by piece
  std::function<void(uint64_t sent)> on_wait{};      // called ten times a second until an answer begins
};

struct http_answer {
  long status = 0;   // 0: nobody answered
  std::string body;
  std::string problem;   // why nobody answered
  bool woken = false;    // given up because a watched descriptor has become readable
};

/// Asks one HTTP server. Proxies are never used.
class model_client {
public:
  /// An exchange ends when one of `watched` becomes readable, unless `look`, which then is called, says no.
  model_client(std::string url, std::vector<int> watched, std::function<bool()> look = {});

  http_answer ask(const http_question& question);

  const std::string& url() const { return url_; }

private:
  CURLcode transfer(CURL* easy, const http_question& question, bool& woken);

  std::string url_;
  std::vector<int> watched_;
  std::function<bool()> look_;
  std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi_;
};

}   // namespace cog
