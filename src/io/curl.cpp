#include "io/curl.hpp"
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <string_view>

namespace cog {

namespace {

constexpr long most_redirects = 30;
constexpr int longest_wait = 60'000;   // milliseconds

/// Once a process, before any handle.
void init_curl() {
  [[maybe_unused]] static const auto done = curl_global_init(CURL_GLOBAL_DEFAULT);
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
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

download_options download_options_from_environment() {
  download_options options;
  options.user_agent = environment("COG_USER_AGENT");
  if (options.user_agent.empty())
    options.user_agent = "cog-cpp/0.1.0";
  options.ca_file = find_ca_file();
  // libcurl looks only at http_proxy and all_proxy here; Python's requests takes the upper-case name, too.
  if (environment("http_proxy").empty() && environment("all_proxy").empty())
    options.http_proxy = environment("HTTP_PROXY");
  return options;
}

std::string find_ca_file() {
  for (auto& path : {environment("SSL_CERT_FILE"), environment("CURL_CA_BUNDLE"), environment("REQUESTS_CA_BUNDLE"),
                     std::string{"/etc/ssl/certs/ca-certificates.crt"}, std::string{"/etc/pki/tls/certs/ca-bundle.crt"},
                     std::string{"/etc/ssl/cert.pem"}}) {
    std::error_code error;
    if (std::filesystem::is_regular_file(path, error))
      return path;
  }
  return {};
}

download::download(std::string url, const download_options& options) : url_{std::move(url)}, options_{options} {
  init_curl();
}

download::failure download::open(const std::string& path) {
  if (auto problem = check_url(); !problem.empty())
    return {"Invalid URL '" + url_ + "': " + problem};
  if (!sink_.open(path))
    return {sink_.problem(), true};
  easy_.reset(curl_easy_init());
  if (!easy_)
    throw std::bad_alloc{};
  configure();
  return {};
}

/// Puts the URL in order (spaces and letters beyond ASCII percent-encoded) or says what is wrong with it.
std::string download::check_url() {
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed{curl_url(), curl_url_cleanup};
  auto code = curl_url_set(parsed.get(), CURLUPART_URL, url_.c_str(), CURLU_URLENCODE);
  if (code == CURLUE_NO_HOST)
    return "No host supplied";
  if (code != CURLUE_OK)
    return curl_url_strerror(code);
  char* text = nullptr;
  if (curl_url_get(parsed.get(), CURLUPART_URL, &text, 0) == CURLUE_OK)
    url_ = text;
  curl_free(text);
  return {};
}

void download::configure() {
  auto* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_.data());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_URL, url_.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options_.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_COOKIEFILE, "");   // cookies live for the redirects of this download
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, most_redirects);
  curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, options_.connect_timeout);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, options_.idle_timeout);
  if (!options_.ca_file.empty())
    curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
  if (!options_.http_proxy.empty() && url_.starts_with("http:"))
    curl_easy_setopt(easy, CURLOPT_PROXY, options_.http_proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &download::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &download::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
}

size_t download::on_header(char* data, size_t size, size_t count, void* self) {
  std::string_view line{data, size * count};
  if (line.starts_with("HTTP/"))
    static_cast<download*>(self)->reason_ = reason_of(line);
  return line.size();
}

size_t download::on_body(char* data, size_t size, size_t count, void* self) {
  auto& that = *static_cast<download*>(self);
  std::string_view bytes{data, size * count};
  that.written_ += bytes.size();
  bool too_large = that.options_.max_bytes != 0 && that.written_ > that.options_.max_bytes;
  return !too_large && that.sink_.write(bytes) ? bytes.size() : 0;
}

download::failure download::finish(CURLcode code) const {
  if (code == CURLE_OK)
    return {};
  if (!sink_.problem().empty())
    return {sink_.problem(), true};
  if (options_.max_bytes != 0 && written_ > options_.max_bytes)
    return {"The file is larger than the " + std::to_string(options_.max_bytes) +
            " bytes that COG_MAX_DOWNLOAD_BYTES allows, for url: " + url_};
  if (code == CURLE_TOO_MANY_REDIRECTS)
    return {"Exceeded " + std::to_string(most_redirects) + " redirects."};
  const char* last_url = nullptr;
  curl_easy_getinfo(easy_.get(), CURLINFO_EFFECTIVE_URL, &last_url);
  auto where = " for url: " + (last_url ? last_url : url_);
  if (code == CURLE_HTTP_RETURNED_ERROR) {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    return {std::to_string(status) + (status < 500 ? " Client Error: " : " Server Error: ") + reason_ + where};
  }
  return {(error_[0] ? error_.data() : curl_easy_strerror(code)) + where};
}

curl_multi::curl_multi() {
  init_curl();
  multi_.reset(curl_multi_init());
  if (!multi_)
    throw std::bad_alloc{};
}

void curl_multi::add(CURL* which) {
  curl_multi_add_handle(multi_.get(), which);
}

void curl_multi::remove(CURL* which) {
  curl_multi_remove_handle(multi_.get(), which);
}

std::vector<curl_multi::outcome> curl_multi::perform() {
  int running = 0;
  curl_multi_perform(multi_.get(), &running);
  std::vector<outcome> ended;
  int left = 0;
  while (auto* message = curl_multi_info_read(multi_.get(), &left)) {
    ended.push_back({message->easy_handle, message->data.result});
  }
  for (auto& item : ended)
    remove(item.which);
  return ended;
}

void curl_multi::wait() {
  curl_multi_poll(multi_.get(), nullptr, 0, longest_wait, nullptr);
}

void curl_multi::wake() {
  curl_multi_wakeup(multi_.get());
}

}   // namespace cog
