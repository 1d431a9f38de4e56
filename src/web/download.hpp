#pragma once
#include "io/file_sink.hpp"
#include "web/web_request.hpp"
#include <cstdint>
#include <memory>
#include <string>

namespace cog {

/// One GET of a URL into a file, moved on by a `curl_multi`. Limits: 30 redirects, and those of the options.
class download {
public:
  /// Why it ended without the whole content; the text is in the words of Python's `requests` where it has some.
  struct failure {
    std::string text;       // empty: all went well
    bool in_file = false;   // our file could not be written
  };

  download(std::string url, const web_options& options) : url_{std::move(url)}, options_{options} {
    // nop
  }
  download(const download&) = delete;
  download& operator=(const download&) = delete;

  /// Makes the file and gets ready; a failure means that there is nothing to do.
  failure open(const std::string& path);

  /// What `code`, libcurl's verdict, means.
  failure finish(CURLcode code) const;

  const std::string& path() const { return sink_.path(); }
  CURL* handle() const { return request_->handle(); }

private:
  static size_t on_body(char* data, size_t size, size_t count, void* self);
  std::string check_url();

  std::string url_;
  const web_options& options_;
  file_sink sink_;
  uint64_t written_ = 0;
  std::unique_ptr<web_request> request_;
};

}   // namespace cog
