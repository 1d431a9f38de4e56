#include "web/upload.hpp"
#include "io/text.hpp"

namespace cog {

namespace {

constexpr long most_redirects = 10;
constexpr long idle_time = 60;   // seconds

size_t throw_away(char*, size_t size, size_t count, void*) {
  return size * count;
}

/// The place of a file without its query and without a password; what is no whole URL stays as it is.
std::string public_place(const std::string& url) {
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed{curl_url(), curl_url_cleanup};
  char* text = nullptr;
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
      curl_url_set(parsed.get(), CURLUPART_QUERY, nullptr, 0) != CURLUE_OK ||
      curl_url_set(parsed.get(), CURLUPART_USER, nullptr, 0) != CURLUE_OK ||
      curl_url_set(parsed.get(), CURLUPART_PASSWORD, nullptr, 0) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_URL, &text, 0) != CURLUE_OK)
    return url;
  std::string result{text};
  curl_free(text);
  return result;
}

}   // namespace

std::string upload_target(const std::string& base, const std::string& path) {
  return base + (base.ends_with('/') ? "" : "/") + percent_encoded(path.substr(path.rfind('/') + 1));
}

upload::upload(const std::string& url, const raw_file& file, const std::vector<std::string>& headers,
               const web_options& options)
  : request_{encode_url(url), options} {
  request_.set(CURLOPT_UPLOAD, 1L);
  request_.send(make_body({file}));
  request_.set_headers(headers);
  request_.follow_redirects(most_redirects);
  request_.set(CURLOPT_CONNECTTIMEOUT, options.connect_timeout);
  request_.set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  request_.set(CURLOPT_LOW_SPEED_TIME, idle_time);
  request_.set(CURLOPT_WRITEFUNCTION, &throw_away);
}

upload::outcome upload::finish(CURLcode code) const {
  auto status = request_.status();
  bool success = status >= 200 && status < 300;
  if (code == CURLE_OK && success)
    return {result_url(), {}};
  outcome failed;
  if (status >= 400) {
    failed.error = "upload returned status " + std::to_string(status) + ' ' + request_.reason();
    failed.transient = status >= 500 || status == 429;
    failed.retry_after = request_.retry_after();
  } else if (code == CURLE_OK) {
    failed.error = "upload returned status " + std::to_string(status) + ' ' + request_.reason();
  } else {
    failed.error = "upload request failed: " + request_.problem(code);
    failed.transient = !request_.is_refused() && !request_.is_body_broken() && code != CURLE_URL_MALFORMAT &&
      code != CURLE_UNSUPPORTED_PROTOCOL && code != CURLE_TOO_MANY_REDIRECTS && code != CURLE_PEER_FAILED_VERIFICATION;
  }
  return failed;
}

/// The Location of the answer, which the receiver may set to where the file is kept, else where it was sent.
std::string upload::result_url() const {
  curl_header* location = nullptr;
  if (curl_easy_header(handle(), "Location", 0, CURLH_HEADER, -1, &location) == CURLHE_OK)
    return public_place(location->value);
  return public_place(request_.last_url());
}

}   // namespace cog
