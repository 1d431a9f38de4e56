#include "io/web_post.hpp"
#include <new>

namespace cog {

namespace {

constexpr long time_limit = 30;   // seconds
constexpr long most_redirects = 10;

/// Spaces and letters beyond ASCII percent-encoded; what is no URL stays as it is, for libcurl to refuse.
std::string encoded(const std::string& url) {
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed{curl_url(), curl_url_cleanup};
  char* text = nullptr;
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_URLENCODE) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_URL, &text, 0) != CURLUE_OK)
    return url;
  std::string result{text};
  curl_free(text);
  return result;
}

size_t throw_away(char*, size_t size, size_t count, void*) {
  return size * count;
}

}   // namespace

web_post::web_post(const std::string& url, std::string body, const std::vector<std::string>& headers,
                   const download_options& options)
  : body_{std::move(body)}, easy_{curl_easy_init()} {
  auto* easy = easy_.get();
  if (easy == nullptr)
    throw std::bad_alloc{};
  for (auto& line : headers)
    headers_.reset(curl_slist_append(headers_.release(), line.c_str()));
  headers_.reset(curl_slist_append(headers_.release(), "Expect:"));   // no waiting for a 100
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_.data());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_URL, encoded(url).c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body_.data());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, most_redirects);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT, time_limit);
  if (!options.ca_file.empty())
    curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
  if (!options.http_proxy.empty() && url.starts_with("http:"))
    curl_easy_setopt(easy, CURLOPT_PROXY, options.http_proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &throw_away);
}

uint64_t web_post::status(CURLcode code) const {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  bool success = status >= 200 && status < 300;
  return code == CURLE_OK || success ? static_cast<uint64_t>(status) : 0;
}

uint64_t web_post::retry_after() const {
  curl_off_t seconds = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &seconds);
  return static_cast<uint64_t>(seconds);
}

std::string web_post::problem(CURLcode code) const {
  if (status(code) != 0)
    return {};
  return error_[0] != 0 ? error_.data() : curl_easy_strerror(code);
}

}   // namespace cog
