#pragma once
#include "web/web_request.hpp"
#include <cstdint>
#include <string>
#include <vector>

namespace cog {

/// Where the file of this path goes: `base`, a slash unless it has one, and the file's name percent-encoded.
std::string upload_target(const std::string& base, const std::string& path);

/// One PUT of a file, moved on by a `curl_multi`. Limits: 10 redirects, of which 303 makes it a GET; 60 s without a byte.
class upload {
public:
  upload(const std::string& url, const raw_file& file, const std::vector<std::string>& headers,
         const web_options& options);

  struct outcome {
    std::string url;            // of the file from now on; empty: it failed
    std::string error;          // why
    bool transient = false;     // another attempt may succeed
    uint64_t retry_after = 0;   // seconds, of that header; 0: none
  };

  CURL* handle() const { return request_.handle(); }
  /// What `code`, libcurl's verdict, means.
  outcome finish(CURLcode code) const;

private:
  std::string result_url() const;

  web_request request_;
};

}   // namespace cog
