#include "cli/playground/relay.hpp"
#include "cli/playground/rules.hpp"
#include "web/web_options.hpp"
#include "web/web_request.hpp"
#include <new>

namespace cog::playground {

namespace {

constexpr long connect_limit = 10;          // seconds
constexpr long largest_piece = 64 * 1024;   // bytes, of an answer
constexpr int longest_wait = 60'000;        // milliseconds

std::string in_hexadecimal(size_t number) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (; number != 0; number /= 16)
    text.insert(text.begin(), digits[number % 16]);
  return text;
}

}   // namespace

relay::relay(client_stream& client, request_reader& request)
  : client_{client},
    request_{request},
    for_head_{request.method() == "HEAD"},
    fields_{nullptr, curl_slist_free_all},
    easy_{nullptr, curl_easy_cleanup} {
  init_curl();
  easy_.reset(curl_easy_init());
  if (!easy_)
    throw std::bad_alloc{};
}

relay::outcome relay::run(const std::string& url) {
  set_request(url);
  auto code = transfer();
  if (code == CURLE_OK && begun_)
    return !head_.is_chunked() || client_.send("0\r\n\r\n") ? outcome::answered : outcome::broken;
  // Of a body that could not be read the client is to blame, who is told nothing any more.
  if (begun_ || code == CURLE_ABORTED_BY_CALLBACK || code == CURLE_WRITE_ERROR)
    return outcome::broken;
  problem_ = error_[0] ? error_.data() : curl_easy_strerror(code);
  return outcome::unreachable;
}

void relay::set_request(const std::string& url) {
  auto method = std::string{request_.method()};
  // What libcurl adds by itself is left out: the target sees the page's own fields.
  auto add = [&](const std::string& line) { fields_.reset(curl_slist_append(fields_.release(), line.c_str())); };
  add("Expect:");
  if (request_.field("accept").empty())
    add("Accept:");
  for (auto& one : request_.head()) {
    std::string name{one.name_string().data(), one.name_string().size()};
    std::string value{one.value().data(), one.value().size()};
    if (passes_to_target(name, value))
      add(name.append(value.empty() ? ";" : ": ").append(value));
  }
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_ERRORBUFFER, error_.data());
  set(CURLOPT_CONNECTTIMEOUT, connect_limit);
  set(CURLOPT_FORBID_REUSE, 1L);
  set(CURLOPT_BUFFERSIZE, largest_piece);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (is_loopback_host(host_of(url)))
    set(CURLOPT_PROXY, "");
  if (auto file = find_ca_file(); !file.empty())
    set(CURLOPT_CAINFO, file.c_str());
  set(CURLOPT_HTTPHEADER, fields_.get());
  set(CURLOPT_HEADERFUNCTION, on_line);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, on_body);
  set(CURLOPT_WRITEDATA, this);
  bool takes_body = method == "POST" || method == "PUT" || method == "PATCH";
  auto length = request_.length();
  if (request_.is_chunked() || length.value_or(0) > 0 || takes_body) {
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_READFUNCTION, on_read);
    set(CURLOPT_READDATA, this);
    if (!request_.is_chunked())
      set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(length.value_or(0)));
  }
  if (for_head_)
    set(CURLOPT_NOBODY, 1L);
  set(CURLOPT_CUSTOMREQUEST, method.c_str());
}

CURLcode relay::transfer() {
  std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi{curl_multi_init(), curl_multi_cleanup};
  if (!multi)
    throw std::bad_alloc{};
  curl_multi_add_handle(multi.get(), easy_.get());
  auto code = CURLE_ABORTED_BY_CALLBACK;
  bool watches = true;
  for (;;) {
    int running = 0;
    curl_multi_perform(multi.get(), &running);
    int left = 0;
    if (auto* message = curl_multi_info_read(multi.get(), &left)) {
      code = message->data.result;
      break;
    }
    // While a body comes the client is readable for that, and whoever reads it sees the end.
    std::array<curl_waitfd, 2> extra{curl_waitfd{client_.stopped(), CURL_WAIT_POLLIN, 0},
                                     curl_waitfd{client_.descriptor(), CURL_WAIT_POLLIN, 0}};
    bool watched = watches && request_.is_complete();
    curl_multi_poll(multi.get(), extra.data(), watched ? 2 : 1, longest_wait, nullptr);
    if (extra[0].revents != 0)
      break;
    if (extra[1].revents != 0) {
      if (client_.has_left())
        break;
      watches = false;   // the next request has come already
    }
  }
  curl_multi_remove_handle(multi.get(), easy_.get());
  return code;
}

size_t relay::on_line(char* data, size_t size, size_t count, void* self) {
  auto& mine = *static_cast<relay*>(self);
  if (mine.begun_ || !mine.head_.take({data, size * count}))
    return size * count;
  mine.begun_ = true;
  mine.keeps_alive_ = mine.request_.keeps_alive() && mine.request_.is_complete();
  auto head = mine.head_.text(mine.for_head_, mine.request_.head().version(), mine.keeps_alive_);
  mine.keeps_alive_ = mine.keeps_alive_ && !mine.head_.is_open_ended();
  return mine.client_.send(head) ? size * count : 0;
}

size_t relay::on_body(char* data, size_t size, size_t count, void* self) {
  return static_cast<relay*>(self)->send_piece({data, size * count}) ? size * count : 0;
}

bool relay::send_piece(std::string_view piece) {
  if (piece.empty() || !head_.is_chunked())
    return client_.send(piece);
  piece_ = in_hexadecimal(piece.size()) + "\r\n";
  piece_.append(piece) += "\r\n";
  return client_.send(piece_);
}

size_t relay::on_read(char* into, size_t size, size_t count, void* self) {
  auto& request = static_cast<relay*>(self)->request_;
  auto got = request.read_body(into, size * count);
  return got == 0 && !request.is_complete() ? CURL_READFUNC_ABORT : got;
}

}   // namespace cog::playground
