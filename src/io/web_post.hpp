#pragma once
#include "io/curl.hpp"
#include <array>
#include <cstdint>
#include <curl/curl.h>
#include <memory>
#include <string>
#include <vector>

namespace cog {

/// One POST with a body, moved on by a `curl_multi`. Limit: 30 s, 10 redirects, of which 307 and 308 repeat the POST.
class web_post {
public:
  web_post(const std::string& url, std::string body, const std::vector<std::string>& headers,
           const download_options& options);
  web_post(const web_post&) = delete;
  web_post& operator=(const web_post&) = delete;

  CURL* handle() const { return easy_.get(); }
  /// What `code`, libcurl's verdict, means: the status of the last answer, 0 when there is none. An answer of success
  /// counts even if it broke off: who has sent it will not want the same again.
  uint64_t status(CURLcode code) const;
  /// Seconds that its Retry-After asks for; 0: none.
  uint64_t retry_after() const;
  /// Why there is no status; empty when there is one.
  std::string problem(CURLcode code) const;

private:
  struct cleanup {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  std::string body_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::unique_ptr<curl_slist, cleanup> headers_;
  std::unique_ptr<CURL, cleanup> easy_;
};

}   // namespace cog
