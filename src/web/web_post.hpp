#pragma once
#include "web/web_request.hpp"
#include <cstdint>
#include <string>
#include <vector>

namespace cog {

/// One POST with a body, moved on by a `curl_multi`. Limit: 30 s, 10 redirects, of which 307 and 308 repeat the POST.
class web_post {
public:
  /// `private_headers`: as those of `web_request::set_headers`.
  web_post(const std::string& url, body_ptr body, const std::vector<std::string>& headers,
           const std::vector<std::string>& private_headers, const web_options& options);

  CURL* handle() const { return request_.handle(); }
  /// What `code`, libcurl's verdict, means: the status of the last answer, 0 when there is none. An answer of success
  /// counts even if it broke off: who has sent it will not want the same again.
  uint64_t status(CURLcode code) const;
  /// Seconds that its Retry-After asks for; 0: none.
  uint64_t retry_after() const { return request_.retry_after(); }
  /// Why there is no status; empty when there is one.
  std::string problem(CURLcode code) const;
  /// It will not succeed later either: COG_FORBID_PRIVATE_URLS stands against it, or what it leads to is no http.
  bool is_refused(CURLcode code) const { return request_.is_refused() || code == CURLE_UNSUPPORTED_PROTOCOL; }

private:
  web_request request_;
};

}   // namespace cog
