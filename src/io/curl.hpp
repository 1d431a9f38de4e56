#pragma once
#include "io/file_sink.hpp"
#include <array>
#include <cstdint>
#include <curl/curl.h>
#include <memory>
#include <string>
#include <vector>

namespace cog {

struct download_options {
  std::string user_agent;
  std::string ca_file;         // empty: libcurl's own choice
  std::string http_proxy;      // for http URLs, unless the variables that libcurl reads itself name one
  uint64_t max_bytes = 0;      // of the decoded content; 0: no limit
  long connect_timeout = 10;   // seconds
  long idle_timeout = 10;      // seconds without a byte
};

/// What the environment says: COG_USER_AGENT, the CA file, HTTP_PROXY.
download_options download_options_from_environment();

/// The first file that exists of those named by SSL_CERT_FILE, CURL_CA_BUNDLE and REQUESTS_CA_BUNDLE, and of the places
/// where distributions keep it; empty if there is none.
std::string find_ca_file();

/// One GET of a URL into a file, moved on by a `curl_multi`.
class download {
public:
  /// Why it ended without the whole content; the text is in the words of Python's `requests` where it has some.
  struct failure {
    std::string text;       // empty: all went well
    bool in_file = false;   // our file could not be written
  };

  download(std::string url, const download_options& options);
  download(const download&) = delete;
  download& operator=(const download&) = delete;

  /// Makes the file and gets ready; a failure means that there is nothing to do.
  failure open(const std::string& path);

  /// What `code`, libcurl's verdict, means.
  failure finish(CURLcode code) const;

  const std::string& path() const { return sink_.path(); }
  CURL* handle() const { return easy_.get(); }

private:
  static size_t on_header(char* data, size_t size, size_t count, void* self);
  static size_t on_body(char* data, size_t size, size_t count, void* self);
  std::string check_url();
  void configure();

  struct cleanup {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  std::string url_;
  const download_options& options_;
  file_sink sink_;
  uint64_t written_ = 0;
  std::string reason_;   // of the last status line
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::unique_ptr<CURL, cleanup> easy_;
};

/// Many transfers at once on one thread. Only `wake` may be called by other threads.
class curl_multi {
public:
  struct outcome {
    CURL* which;
    CURLcode code;
  };

  curl_multi();

  void add(CURL* which);
  void remove(CURL* which);

  /// Moves all on as far as they go without waiting; returns those that have ended, which are removed.
  std::vector<outcome> perform();

  /// Waits until `perform` has something to do, or somebody calls `wake`.
  void wait();
  void wake();

private:
  struct cleanup {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
  };
  std::unique_ptr<CURLM, cleanup> multi_;
};

}   // namespace cog
