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
  /// `watched`: descriptors of which one that becomes readable ends an exchange.
  model_client(std::string url, std::vector<int> watched);

  http_answer ask(const http_question& question);

  const std::string& url() const { return url_; }

private:
  CURLcode transfer(CURL* easy, bool& woken);

  std::string url_;
  std::vector<int> watched_;
  std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi_;
};

}   // namespace cog
