#include "web/download.hpp"
#include "web/shown_url.hpp"

namespace cog {

namespace {

constexpr long most_redirects = 30;

}   // namespace

download::failure download::open(const std::string& path) {
  if (auto problem = check_url(); !problem.empty())
    return {"Invalid URL '" + shown_url(url_) + "': " + problem};
  if (!sink_.open(path))
    return {sink_.problem(), true};
  request_ = std::make_unique<web_request>(url_, options_);
  request_->follow_redirects(most_redirects);
  request_->set(CURLOPT_USERAGENT, options_.user_agent.c_str());
  request_->set(CURLOPT_ACCEPT_ENCODING, "");
  request_->set(CURLOPT_COOKIEFILE, "");   // cookies live for the redirects of this download
  request_->set(CURLOPT_FAILONERROR, 1L);
  request_->set(CURLOPT_CONNECTTIMEOUT, options_.connect_timeout);
  request_->set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  request_->set(CURLOPT_LOW_SPEED_TIME, options_.idle_timeout);
  request_->set(CURLOPT_WRITEFUNCTION, &download::on_body);
  request_->set(CURLOPT_WRITEDATA, this);
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
  url_ = encode_url(url_);
  return {};
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
            " bytes that COG_MAX_DOWNLOAD_BYTES allows, for url: " + shown_url(url_)};
  if (code == CURLE_TOO_MANY_REDIRECTS)
    return {"Exceeded " + std::to_string(most_redirects) + " redirects."};
  auto last_url = request_->last_url();
  auto where = " for url: " + shown_url(last_url.empty() ? url_ : last_url);
  if (code == CURLE_HTTP_RETURNED_ERROR) {
    auto status = request_->status();
    return {std::to_string(status) + (status < 500 ? " Client Error: " : " Server Error: ") + request_->reason() +
            where};
  }
  return {request_->problem(code) + where};
}

}   // namespace cog
