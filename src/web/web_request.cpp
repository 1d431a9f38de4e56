#include "web/web_request.hpp"
#include "web/address_rule.hpp"
#include "web/shown_url.hpp"
#include <algorithm>
#include <charconv>
#include <new>
#include <strings.h>
#include <sys/socket.h>

namespace cog {

namespace {

/// The code of a status line; 0: it has none.
int code_of(std::string_view line) {
  int code = 0;
  line.remove_prefix(std::min(line.find(' ') + 1, line.size()));
  std::from_chars(line.data(), line.data() + line.size(), code);
  return code;
}

/// The part of a status line behind the code.
std::string reason_of(std::string_view line) {
  auto code = line.find(' ');
  auto reason = code == line.npos ? line.npos : line.find(' ', code + 1);
  if (reason == line.npos)
    return {};
  line.remove_prefix(reason + 1);
  return std::string{line.substr(0, line.find_last_not_of("\r\n") + 1)};
}

}   // namespace

void init_curl() {
  [[maybe_unused]] static const auto done = curl_global_init(CURL_GLOBAL_DEFAULT);
}

std::string encode_url(const std::string& url) {
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed{curl_url(), curl_url_cleanup};
  char* text = nullptr;
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_URLENCODE) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_URL, &text, 0) != CURLUE_OK)
    return url;
  std::string result{text};
  curl_free(text);
  return result;
}

web_request::web_request(const std::string& url, const web_options& options) {
  init_curl();
  easy_.reset(curl_easy_init());
  if (!easy_)
    throw std::bad_alloc{};
  set(CURLOPT_ERRORBUFFER, error_.data());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_HEADERFUNCTION, &web_request::on_header);
  set(CURLOPT_HEADERDATA, this);
  if (!options.ca_file.empty())
    set(CURLOPT_CAINFO, options.ca_file.c_str());
  if (options.public_only) {
    set(CURLOPT_PROXY, "");
    set(CURLOPT_OPENSOCKETFUNCTION, &web_request::on_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
  } else if (!options.http_proxy.empty() && url.starts_with("http:")) {
    set(CURLOPT_PROXY, options.http_proxy.c_str());
  }
}

void web_request::follow_redirects(long most) {
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, most);
}

void web_request::append(header_list& list, const std::vector<std::string>& lines) {
  for (auto& line : lines)
    list.reset(curl_slist_append(list.release(), line.c_str()));
}

void web_request::set_headers(const std::vector<std::string>& lines, const std::vector<std::string>& for_this_host) {
  for (auto* list : {&headers_, for_this_host.empty() ? nullptr : &public_headers_})
    if (list != nullptr) {
      append(*list, lines);
      append(*list, {"Expect:"});
    }
  append(headers_, for_this_host);
  set(CURLOPT_HTTPHEADER, headers_.get());
}

void web_request::send(body_ptr body) {
  body_ = std::make_unique<body_reader>(std::move(body));
  set(CURLOPT_READFUNCTION, &web_request::on_read);
  set(CURLOPT_READDATA, this);
  set(CURLOPT_SEEKFUNCTION, &web_request::on_seek);
  set(CURLOPT_SEEKDATA, this);
  auto size = static_cast<curl_off_t>(body_->size());
  set(CURLOPT_POSTFIELDSIZE_LARGE, size);
  set(CURLOPT_INFILESIZE_LARGE, size);
}

/// Called for every address that a connection is tried to, after names were resolved and for each redirect.
curl_socket_t web_request::on_socket(void* self, curlsocktype, curl_sockaddr* address) {
  if (!refused_address(address->addr).empty()) {
    static_cast<web_request*>(self)->refused_ = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

size_t web_request::on_header(char* data, size_t size, size_t count, void* self) {
  std::string_view line{data, size * count};
  static_cast<web_request*>(self)->on_header_line(line);
  return line.size();
}

void web_request::on_header_line(std::string_view line) {
  constexpr std::string_view location = "location:";
  if (line.starts_with("HTTP/")) {
    reason_ = reason_of(line);
    answered_ = code_of(line);
  } else if (public_headers_ && answered_ / 100 == 3 && line.size() > location.size() &&
             ::strncasecmp(line.data(), location.data(), location.size()) == 0) {
    line.remove_prefix(location.size());
    auto from = line.find_first_not_of(" \t");
    auto to = line.find_last_not_of(" \t\r\n");
    bool turns_to_get = answered_ >= 301 && answered_ <= 303;
    if (turns_to_get || (from <= to && to != line.npos && leads_away(std::string{line.substr(from, to - from + 1)})))
      set(CURLOPT_HTTPHEADER, public_headers_.get());   // libcurl looks at it when it sends the next request
  }
}

/// Whether a redirect to there leaves scheme, host and port of the last request.
bool web_request::leads_away(const std::string& location) const {
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url{curl_url(), curl_url_cleanup};
  auto origin = [&] {
    std::string all;
    for (auto part : {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT}) {
      char* text = nullptr;
      if (curl_url_get(url.get(), part, &text, CURLU_DEFAULT_PORT) == CURLUE_OK)
        all += text;
      curl_free(text);
      all += ' ';
    }
    return all;
  };
  if (curl_url_set(url.get(), CURLUPART_URL, last_url().c_str(), CURLU_URLENCODE) != CURLUE_OK)
    return true;
  auto here = origin();
  return curl_url_set(url.get(), CURLUPART_URL, location.c_str(), CURLU_URLENCODE) != CURLUE_OK || origin() != here;
}

size_t web_request::on_read(char* target, size_t size, size_t count, void* self) {
  auto bytes = static_cast<web_request*>(self)->body_->read(target, size * count);
  return bytes ? *bytes : CURL_READFUNC_ABORT;
}

/// libcurl goes back to the start only, to send the body once more.
int web_request::on_seek(void* self, curl_off_t offset, int origin) {
  if (offset != 0 || origin != SEEK_SET)
    return CURL_SEEKFUNC_CANTSEEK;
  static_cast<web_request*>(self)->body_->rewind();
  return CURL_SEEKFUNC_OK;
}

long web_request::status() const {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

uint64_t web_request::retry_after() const {
  curl_off_t seconds = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &seconds);
  return static_cast<uint64_t>(seconds);
}

std::string web_request::last_url() const {
  const char* url = nullptr;
  curl_easy_getinfo(easy_.get(), CURLINFO_EFFECTIVE_URL, &url);
  return url != nullptr ? url : "";
}

std::string web_request::problem(CURLcode code) const {
  if (is_refused())
    return host_of(last_url()) +
      " is not a public address (COG_FORBID_PRIVATE_URLS)";   // what it resolves to is private
  if (is_body_broken())
    return body_->problem();
  return error_[0] != 0 ? error_.data() : curl_easy_strerror(code);
}

}   // namespace cog
