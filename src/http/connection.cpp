#include "http/connection.hpp"
#include "io/log.hpp"
#include <boost/beast/http/error.hpp>

namespace cog {

namespace http = boost::beast::http;

namespace {

constexpr size_t first_buffer = 4 * 1024;       // of an idle connection
constexpr size_t largest_buffer = 256 * 1024;   // while a long body comes
constexpr size_t read_ahead = 64 * 1024;        // while an answer is due
constexpr uint64_t free_body = 16 * 1024;       // bodies up to this size need no reservation
constexpr uint64_t slowest_rate = 1024;         // bytes a second

}   // namespace

connection::connection(caf::actor_config& cfg, net::any_io_executor strand, net::ip::tcp::socket socket,
                       uint64_t number, listener_actor listener, settings_ptr settings)
  : pinned{cfg, std::move(strand)},
    socket_{std::move(socket)},
    number_{number},
    listener_{std::move(listener)},
    settings_{std::move(settings)},
    deadline_{this->strand(), [this] { on_deadline(); }} {
  // nop
}

connection::behavior_type connection::make_behavior() {
  settings_->counters->connection_opened();
  deadline_.set(settings_->config.idle_timeout);
  read();
  return {
    [this](atom::event, const event_ptr& event) { on_event(event); },
    [this](atom::drain) {
      closing_ = true;
      if (phase_ == phase::idle)
        leave();
    },
  };
}

void connection::on_exit() {
  gone_ = true;
  deadline_.clear();
  boost::system::error_code ignored;
  socket_.close(ignored);
  settings_->counters->connection_closed();
  caf::anon_send(listener_, atom::closed_v, number_);
  listener_ = nullptr;
}

void connection::leave() {
  if (gone_)
    return;
  gone_ = true;
  if (phase_ == phase::answering || phase_ == phase::writing || phase_ == phase::streaming)
    log_request("Client left");
  if (auto prediction = std::exchange(prediction_, nullptr)) {
    if (follows_)
      send(settings_->router, atom::detach_v, prediction->id, as_follower());
    else if (!prediction->respond_async)
      send(settings_->router, atom::cancel_v, prediction);
  }
  caf::anon_send_exit(address(), caf::exit_reason::user_shutdown);
}

void connection::read() {
  if (reading_ || gone_ || reserving_)
    return;
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (phase_ == phase::idle && in_.size() > first_buffer)
      std::string{}.swap(in_);
  }
  if (phase_ == phase::answering || phase_ == phase::writing || phase_ == phase::streaming) {
    if (end_ - begin_ >= read_ahead)
      return;
  }
  if (end_ == in_.size() && begin_ > 0) {
    in_.erase(0, begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (auto wanted = wanted_buffer(); wanted > in_.size())
    in_.resize(wanted);
  reading_ = true;
  socket_.async_read_some(net::buffer(in_.data() + end_, in_.size() - end_),
                          [this, ref = caf::strong_actor_ptr{ctrl()}](const boost::system::error_code& error,
                                                                      size_t count) { on_read(error, count); });
}

/// Bytes. A body whose length is known comes with few calls to the kernel.
size_t connection::wanted_buffer() const {
  auto wanted = end_ == in_.size() ? std::max(first_buffer, in_.size() * 2) : in_.size();
  if (phase_ == phase::receiving && header_seen_)
    wanted = std::max<uint64_t>(wanted, request_->content_length_remaining().value_or(read_ahead));
  return std::min(wanted, largest_buffer);
}

void connection::on_read(const boost::system::error_code& error, size_t count) {
  reading_ = false;
  if (gone_)
    return;
  if (error) {
    if (phase_ == phase::writing)
      closing_ = true;
    else
      leave();
    return;
  }
  end_ += count;
  switch (phase_) {
    case phase::idle:
    case phase::receiving:
      advance();
      break;
    case phase::answering:
    case phase::writing:
    case phase::streaming:
      read();
      break;
    case phase::lingering:
      begin_ = end_ = 0;
      read();
      break;
  }
}

void connection::advance() {
  if (advancing_)   // the loop below goes on by itself
    return;
  advancing_ = true;
  while (!gone_ && (phase_ == phase::idle || phase_ == phase::receiving) && begin_ < end_)
    if (!parse_some())
      break;
  advancing_ = false;
  read();
}

bool connection::parse_some() {
  if (!request_) {
    request_.emplace();
    request_->body_limit(settings_->config.max_body_bytes);
    header_seen_ = false;
    header_timed_ = false;
    route_ = {};
    phase_ = phase::receiving;
    status_ = 0;
    if (is_logged(log_target::http, log_level::debug))
      asked_ = std::chrono::steady_clock::now();
  }
  boost::system::error_code error;
  begin_ += request_->put(net::const_buffer{in_.data() + begin_, end_ - begin_}, error);
  if (error && error != http::error::need_more) {
    refuse_parse(error);
    return false;
  }
  if (request_->is_header_done() && !header_seen_) {
    header_seen_ = true;
    on_header();
    if (phase_ != phase::receiving)
      return false;
  }
  if (request_->is_done()) {
    deadline_.clear();
    phase_ = phase::answering;
    handle();
    return true;
  }
  if (!header_seen_) {
    if (!std::exchange(header_timed_, true))
      deadline_.set(settings_->config.header_timeout);
    return false;
  }
  reserve_body();
  return false;
}

void connection::on_header() {
  if (request_->is_done())
    return;
  route_ = find_route();
  bool takes_body = route_.where == route::predictions || route_.where == route::prediction ||
    route_.where == route::trainings || route_.where == route::training;
  request_->keep_body = takes_body && request_->is_json();
  if (!request_->keep_body)
    std::string{}.swap(request_->body);
  body_seen_ = request_->body_size;
  deadline_.set(settings_->config.body_timeout);
  if (!request_->expects_continue)
    return;
  if (takes_body && request_->has_content_type && !request_->is_json()) {
    closing_ = true;
    return handle();
  }
  write("HTTP/1.1 100 Continue\r\n\r\n");
}

void connection::reserve_body() {
  if (reserving_ || !request_->keep_body)
    return;
  auto length = request_->content_length();
  uint64_t needed = length ? *length : std::max<uint64_t>(free_body, 2 * request_->body.size());
  if (needed <= free_body || needed <= reserved_)
    return;
  reserving_ = true;
  request(listener_, caf::infinite, atom::reserve_v, number_, needed)
    .then(
      [this, needed](bool granted) {
        reserving_ = false;
        if (granted) {
          reserved_ = needed;
          request_->reserve_body(needed);
          read();
        } else {
          closing_ = true;
          auto response = text_response(503, "Too many request bodies in memory; try again later");
          response.more_headers.emplace_back("retry-after: 1");
          respond(std::move(response));
        }
      },
      [this](const caf::error&) { leave(); });
}

void connection::refuse_parse(const boost::system::error_code& error) {
  closing_ = true;
  if (error == http::error::body_limit)
    respond(text_response(413, "Failed to buffer the request body: length limit exceeded"));
  else if (error == http::error::header_limit || error == http::error::buffer_overflow)
    respond(text_response(431, "The request header is longer than 16 KiB"));
  else
    respond(text_response(400, "This is no HTTP/1.1 request: " + error.message()));
}

void connection::on_deadline() {
  if (gone_)
    return;
  if (phase_ == phase::streaming)
    return send_keep_alive();
  if (phase_ != phase::receiving)
    return leave();
  if (header_seen_) {
    auto arrived = request_->body_size - body_seen_;
    body_seen_ = request_->body_size;
    if (static_cast<double>(arrived) >= slowest_rate * settings_->config.body_timeout.count() || reserving_)
      return deadline_.set(settings_->config.body_timeout);
  }
  closing_ = true;
  respond(text_response(408, header_seen_ ? "The request body came too slowly" : "The request header came too slowly"));
}

}   // namespace cog
