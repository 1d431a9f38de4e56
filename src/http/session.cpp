#include "http/session.hpp"
#include "io/log.hpp"

namespace cog {

namespace {

constexpr uint64_t slowest_rate = 1024;   // bytes of a body a second

}   // namespace

session::session(caf::actor_config& cfg, net::any_io_executor strand, net::ip::tcp::socket socket, uint64_t number,
                 listener_actor listener, settings_ptr settings, std::shared_ptr<hangup_watch> hangups, bool spare)
  : pinned{cfg, std::move(strand)},
    socket_{std::move(socket)},
    number_{number},
    spare_{spare},
    listener_{std::move(listener)},
    settings_{std::move(settings)},
    hangups_{std::move(hangups)},
    services_{*this, settings_, [this] { flush(); }},
    intake_{*settings_},
    deadline_{this->strand(), [this] { on_deadline(); }} {
  // nop
}

session::behavior_type session::make_behavior() {
  set_exception_handler([](const std::exception_ptr&) -> caf::error { return caf::exit_reason::unhandled_exception; });
  settings_->counters->connection_opened();
  deadline_.set(spare_ ? std::min(settings_->config.idle_timeout, settings_->config.header_timeout)
                       : settings_->config.idle_timeout);
  read();
  return {
    [this](atom::event, const event_ptr& event) {
      if (gone_ || !exchange_)
        return;
      exchange_->on_event(event);
      flush();
    },
    [this](atom::shutdown) { closing_ = true; },
    [this](atom::drain) {
      closing_ = true;
      if (phase_ == phase::idle)
        leave();
    },
  };
}

void session::on_exit() {
  gone_ = true;
  deadline_.clear();
  if (hangup_awaited_)
    hangups_->forget(socket_.native_handle(), number_);
  boost::system::error_code ignored;
  socket_.close(ignored);
  settings_->counters->connection_closed();
  caf::anon_send(listener_, atom::closed_v, number_);
  listener_ = nullptr;
}

void session::leave() {
  if (gone_)
    return;
  gone_ = true;
  if (is_answer_due())
    log_request("Client left");
  if (exchange_)
    exchange_->leave();
  caf::anon_send_exit(address(), caf::exit_reason::user_shutdown);
}

/// More of the body may be read, and has to wait.
bool session::is_holding() const {
  return phase_ == phase::receiving && exchange_ && exchange_->is_holding();
}

bool session::is_answer_due() const {
  return phase_ == phase::answering || phase_ == phase::writing || phase_ == phase::streaming;
}

void session::read() {
  if (reading_ || gone_)
    return;
  if (is_answer_due() && intake_.is_ahead())
    return await_hangup();
  if (is_holding() && intake_.is_ahead())
    return;
  auto room = intake_.room(phase_ == phase::receiving);
  if (room.empty()) {
    if (is_holding())
      return;
    if (phase_ == phase::lingering)
      leave();
    else if (is_answer_due())
      await_hangup();
    else
      refuse(out_of_memory_response());
    return;
  }
  reading_ = true;
  socket_.async_read_some(net::buffer(room.data(), room.size()),
                          [this, ref = caf::strong_actor_ptr{ctrl()}](const boost::system::error_code& error,
                                                                      size_t count) { on_read(error, count); });
}

void session::await_hangup() {
  if (hung_up_)
    return on_end();
  if (!std::exchange(hangup_awaited_, true))
    hangups_->watch(socket_.native_handle(), number_,
                    [this, ref = caf::strong_actor_ptr{ctrl()}] { net::post(strand(), [this, ref] { on_hangup(); }); });
}

/// There may be bytes before the end. Where they are read, the end is found behind them.
void session::on_hangup() {
  hung_up_ = true;
  if (!reading_ && !gone_ && is_answer_due())
    on_end();
}

/// Nothing more comes from the client.
void session::on_end() {
  if (phase_ == phase::writing)
    closing_ = true;
  else
    leave();
}

void session::on_read(const boost::system::error_code& error, size_t count) {
  reading_ = false;
  if (gone_)
    return;
  if (error)
    return on_end();
  intake_.add(count);
  if (phase_ == phase::idle || phase_ == phase::receiving)
    return advance();
  if (phase_ == phase::lingering)
    intake_.drop_bytes();
  read();
}

void session::advance() {
  if (advancing_)   // the loop below goes on by itself
    return;
  advancing_ = true;
  while (!gone_ && (phase_ == phase::idle || phase_ == phase::receiving) && intake_.has_bytes() && !is_holding())
    if (!parse_some())
      break;
  advancing_ = false;
  read();
}

/// False when more must come first.
bool session::parse_some() {
  using step = request_intake::step;
  auto found = intake_.take();
  if (phase_ == phase::idle && found != step::nothing)
    begin_request();
  if (found == step::header)
    on_header();
  if (phase_ == phase::receiving && (found == step::header || found == step::body))
    found = intake_.count_body();
  if (found == step::complete) {
    deadline_.clear();
    phase_ = phase::answering;
    exchange_->handle();
    flush();
  } else if (found == step::refused) {
    refuse(intake_.refusal());
  } else if (found == step::begun) {
    deadline_.set(settings_->config.header_timeout);
  } else if (found == step::more && intake_.is_header_seen()) {
    exchange_->on_body();
    flush();
  }
  return found == step::complete || found == step::refused;
}

void session::begin_request() {
  phase_ = phase::receiving;
  status_ = 0;
  if (is_logged(log_target::http, log_level::debug))
    asked_ = std::chrono::steady_clock::now();
}

void session::on_header() {
  auto& request = *intake_.request();
  exchange_.emplace(request, *settings_, services_, static_cast<exchange_client&>(*this));
  if (request.is_done())
    return;
  exchange_->begin();
  if (phase_ != phase::receiving)
    return flush();
  intake_.new_body_bytes();
  deadline_.set(settings_->config.body_timeout);
}

void session::on_deadline() {
  if (gone_)
    return;
  if (pause_ == pause::socket_full)
    return look_at_reader();
  if (phase_ == phase::streaming) {
    if (pause_ == pause::none) {
      writer_.add_keep_alive();
      write_more();
    }
    return;
  }
  if (phase_ != phase::receiving)
    return leave();
  auto& timeout = settings_->config.body_timeout;
  bool in_body = intake_.is_header_seen();
  if (is_holding())   // it is for us to go on
    return deadline_.set(timeout);
  if (in_body && static_cast<double>(intake_.new_body_bytes()) >= slowest_rate * timeout.count())
    return deadline_.set(timeout);
  auto response =
    text_response(408, in_body ? "The request body came too slowly" : "The request header came too slowly");
  response.close = true;
  refuse(response);
}

}   // namespace cog
