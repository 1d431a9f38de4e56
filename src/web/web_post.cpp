#include "web/web_post.hpp"

namespace cog {

namespace {

constexpr long time_limit = 30;   // seconds
constexpr long most_redirects = 10;

size_t throw_away(char*, size_t size, size_t count, void*) {
  return size * count;
}

}   // namespace

web_post::web_post(const std::string& url, body_ptr body, const std::vector<std::string>& headers,
                   const std::vector<std::string>& private_headers, const web_options& options)
  : request_{encode_url(url), options} {
  request_.set(CURLOPT_POST, 1L);
  request_.send(std::move(body));
  request_.set_headers(headers, private_headers);
  request_.follow_redirects(most_redirects);
  request_.set(CURLOPT_TIMEOUT, time_limit);
  request_.set(CURLOPT_WRITEFUNCTION, &throw_away);
}

uint64_t web_post::status(CURLcode code) const {
  auto status = request_.status();
  bool success = status >= 200 && status < 300;
  return code == CURLE_OK || success ? static_cast<uint64_t>(status) : 0;
}

std::string web_post::problem(CURLcode code) const {
  return status(code) != 0 ? std::string{} : request_.problem(code);
}

}   // namespace cog
