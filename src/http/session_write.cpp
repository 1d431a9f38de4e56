#include "http/session.hpp"
#include "io/log.hpp"
#include <array>
#include <linux/sockios.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>

namespace cog {

namespace {

constexpr std::chrono::seconds linger_time{2};
constexpr size_t turn = 1024 * 1024;   // bytes written at once; then others have theirs
constexpr int looks = 4;               // at a reader within COG_WRITE_TIMEOUT

}   // namespace

bool session::is_local() const {
  boost::system::error_code error;
  auto peer = socket_.remote_endpoint(error).address();
  return !error &&
    (peer.is_loopback() ||
     (peer.is_v6() && peer.to_v6().is_v4_mapped() &&
      net::ip::make_address_v4(net::ip::v4_mapped, peer.to_v6()).is_loopback()));
}

void session::send_continue() {
  constexpr std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
  boost::system::error_code ignored;   // a client that takes not even this will be seen gone by the next read
  socket_.write_some(net::buffer(text), ignored);
}

void session::respond(const http_response& response, answer_text body) {
  count_answer(response.status);
  phase_ = phase::writing;
  closing_ = closing_ || response.close || spare_;
  watch_.begin();
  deadline_.clear();
  bool head_only = intake_.request() && intake_.request()->method == "HEAD";
  if (keeps_alive() && intake_.request()->version < 11) {
    auto announced = response;   // else a client of HTTP/1.0 waits for the end
    announced.more_headers.emplace_back("connection: keep-alive");
    writer_.start(announced, std::move(body), true, head_only);
  } else {
    writer_.start(response, std::move(body), keeps_alive(), head_only);
  }
  add_shared_headers();
}

void session::add_shared_headers() {
  if (exchange_ && !exchange_->shared_headers().empty())
    writer_.add_headers(exchange_->shared_headers());
}

void session::begin_stream(stream_order order) {
  count_answer(200);
  phase_ = phase::streaming;
  closing_ = closing_ || !order.chunked;
  watch_.begin();
  writer_.start_stream(std::move(order), keeps_alive());
  add_shared_headers();
}

void session::send_event(const event_ptr& event) {
  writer_.add_event(event);
}

/// An answer of the session's own, to what is no request that an exchange could answer.
void session::refuse(const http_response& response) {
  answer_text body;
  body.emplace_back(response.body);
  respond(response, std::move(body));
  flush();
}

bool session::keeps_alive() const {
  return !closing_ && intake_.request() && intake_.request()->keep_alive();
}

/// Writes what an exchange has answered, once it has returned, or goes on with the body that it has held.
void session::flush() {
  if ((phase_ == phase::writing || phase_ == phase::streaming) && pause_ == pause::none)
    write_more();
  else if (phase_ == phase::receiving)
    advance();
}

void session::write_more() {
  using step = answer_writer::step;
  size_t sent = 0;
  while (!gone_) {
    auto next = writer_.next();
    if (writer_.has_ended())
      phase_ = phase::writing;
    if (next == step::done)
      return on_written();
    if (next == step::encode)
      return encode(writer_.piece());
    if (next == step::wait) {
      if (settings_->config.stream_keep_alive.count() > 0)
        deadline_.set(settings_->config.stream_keep_alive);
      return;
    }
    if (sent >= turn)
      return wait_to_write(true);
    auto bytes = writer_.bytes();
    boost::system::error_code error;
    auto count = socket_.write_some(net::buffer(bytes.data(), bytes.size()), error);
    writer_.wrote(count);
    watch_.put(count);
    sent += count;
    if (error == net::error::would_block)
      return wait_to_write(sent > 0);
    if (error)
      return leave();
  }
}

void session::encode(const file_piece& piece) {
  pause_ = pause::encoding;
  request(settings_->files, caf::infinite, atom::encode_v, piece)
    .then(
      [this](const std::string& base64) {
        pause_ = pause::none;
        writer_.add_encoded(base64);
        write_more();
      },
      [this](const caf::error& error) {
        spdlog::error("session: output-file-unreadable, error={}", text_of(error));
        leave();
      });
}

void session::wait_to_write(bool progress) {
  pause_ = pause::socket_full;
  if (progress || !watch_.is_watching())
    watch_.wait(unsent_bytes(), deadline::clock::now());
  if (settings_->write_timeout.count() > 0)
    deadline_.set(settings_->write_timeout / looks);
  socket_.async_wait(net::socket_base::wait_write,
                     [this, ref = caf::strong_actor_ptr{ctrl()}](const boost::system::error_code& failure) {
                       pause_ = pause::none;
                       if (failure)
                         return leave();
                       deadline_.clear();
                       write_more();
                     });
}

/// What waits in the send buffer of the kernel.
uint64_t session::unsent_bytes() {
  int waiting = 0;
  ioctl(socket_.native_handle(), SIOCOUTQ, &waiting);
  return static_cast<uint64_t>(waiting);
}

/// Who follows what still runs is waited for.
void session::look_at_reader() {
  bool patient = phase_ == phase::streaming && !writer_.is_all_told();
  if (watch_.look(unsent_bytes(), patient, deadline::clock::now()) >= settings_->write_timeout)
    return leave();
  deadline_.set(settings_->write_timeout / looks);
}

void session::count_answer(unsigned status) {
  status_ = status;
  settings_->counters->count(exchange_ ? exchange_->where() : route::none, status);
}

void session::log_request(std::string_view end) const {
  auto asked = intake_.request();
  if (!is_logged(log_target::http, log_level::debug) || !asked)
    return;
  std::chrono::duration<double> duration = std::chrono::steady_clock::now() - asked_;
  auto id = exchange_ ? std::string_view{exchange_->prediction_id()} : std::string_view{};
  std::array<log_field, 6> fields{{{"method", asked->method},
                                   {"path", asked->target},
                                   {"status", uint64_t{status_}},
                                   {"duration", duration.count()}}};
  size_t count = 4;
  if (!id.empty())
    fields.at(count++) = {"prediction_id", id};
  if (exchange_ && !exchange_->key_name().empty())
    fields.at(count++) = {"key", exchange_->key_name()};
  write_log(log_target::http, log_level::debug, end, std::span{fields.data(), count});
}

void session::on_written() {
  log_request("Request answered");
  writer_.finish();
  exchange_.reset();
  if (!keeps_alive())
    return linger();
  intake_.finish();
  phase_ = phase::idle;
  deadline_.set(settings_->config.idle_timeout);
  advance();
}

void session::linger() {
  // Closing a socket that holds unread bytes would reset it, and the client might lose the answer.
  phase_ = phase::lingering;
  if (intake_.request())
    intake_.request()->memory.set(0);
  if (intake_.request() && intake_.request()->is_done() && !intake_.has_bytes())
    return leave();
  deadline_.set(linger_time);
  boost::system::error_code ignored;
  socket_.shutdown(net::socket_base::shutdown_send, ignored);
  if (!reading_)
    intake_.drop_bytes();
  read();
}

}   // namespace cog
