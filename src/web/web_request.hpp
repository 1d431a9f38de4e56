#pragma once
#include "io/body_reader.hpp"
#include "web/web_options.hpp"
#include <array>
#include <curl/curl.h>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// Once a process, before any handle; called by those who make one.
void init_curl();

/// A URL in order: spaces and letters beyond ASCII percent-encoded. What is no URL stays as it is, for libcurl to refuse.
std::string encode_url(const std::string& url);

/// One request over HTTP 1.1 to http or https, also when redirected, and what all of ours have in common. It is moved on
/// by a `curl_multi`, and must stay where it is.
class web_request {
public:
  web_request(const std::string& url, const web_options& options);
  web_request(const web_request&) = delete;
  web_request& operator=(const web_request&) = delete;

  CURL* handle() const { return easy_.get(); }
  template <class T>
  void set(CURLoption option, T value) {
    curl_easy_setopt(easy_.get(), option, value);
  }
  void follow_redirects(long most);
  /// With `Expect:` left out: no waiting for a 100. Those of `for_this_host` are dropped when a redirect leads to another
  /// host, port or scheme, or makes a GET of a POST.
  void set_headers(const std::vector<std::string>& lines, const std::vector<std::string>& for_this_host = {});
  /// What a POST or PUT sends.
  void send(body_ptr body);

  /// The status of the last answer; 0: none.
  long status() const;
  /// The text behind the code in its status line.
  const std::string& reason() const { return reason_; }
  /// Seconds that its Retry-After asks for; 0: none.
  uint64_t retry_after() const;
  /// Where the last request went.
  std::string last_url() const;
  /// The connection was refused by COG_FORBID_PRIVATE_URLS.
  bool is_refused() const { return refused_; }
  /// The body could not be read.
  bool is_body_broken() const { return body_ && !body_->problem().empty(); }
  /// What `code`, libcurl's verdict on a failure, means.
  std::string problem(CURLcode code) const;

private:
  static curl_socket_t on_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  void on_header_line(std::string_view line);
  bool leads_away(const std::string& location) const;
  static size_t on_header(char* data, size_t size, size_t count, void* self);
  static size_t on_read(char* target, size_t size, size_t count, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);

  struct cleanup {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  std::unique_ptr<body_reader> body_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::string reason_;
  bool refused_ = false;
  using header_list = std::unique_ptr<curl_slist, cleanup>;
  static void append(header_list& list, const std::vector<std::string>& lines);

  int answered_ = 0;             // the status in the last status line
  header_list headers_;          // what is sent
  header_list public_headers_;   // of it, what goes on wherever a redirect leads; null: all
  std::unique_ptr<CURL, cleanup> easy_;
};

}   // namespace cog
