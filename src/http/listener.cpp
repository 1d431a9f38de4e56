#include "http/listener.hpp"
#include "caf_asio/asio_scheduler.hpp"
#include "http/session.hpp"
#include "io/memory_reserve.hpp"
#include <spdlog/spdlog.h>

namespace cog {

namespace {

constexpr size_t most_spare = 32;   // connections beyond COG_MAX_CONNECTIONS, for probes

}   // namespace

listener::listener(caf::actor_config& cfg, net::any_io_executor strand, net::ip::tcp::acceptor acceptor,
                   settings_ptr settings)
  : pinned{cfg, std::move(strand)},
    acceptor_{std::move(acceptor)},
    pause_{this->strand()},
    settings_{std::move(settings)},
    hangups_{hangup_watch::start(this->strand())} {
  // nop
}

listener::behavior_type listener::make_behavior() {
  accept();
  return {
    [this](atom::closed, uint64_t number) { forget(number); },
    [this](atom::shutdown) { announce_stop(); },
    [this](atom::drain) { return drain(); },
  };
}

void listener::on_exit() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  hangups_->stop();
  for (auto& promise : drained_)
    promise.deliver(caf::unit);
  for (auto& [number, client] : clients_)
    caf::anon_send_exit(client, caf::exit_reason::user_shutdown);
  clients_.clear();
  settings_ = nullptr;
}

void listener::accept() {
  auto strand = caf_asio::asio_scheduler::of(system()).make_strand();
  acceptor_.async_accept(
    strand,
    [this, ref = caf::strong_actor_ptr{ctrl()}](const boost::system::error_code& error, net::ip::tcp::socket socket) {
      on_accept(error, std::move(socket));
    });
}

void listener::on_accept(const boost::system::error_code& error, net::ip::tcp::socket socket) {
  if (!acceptor_.is_open())
    return;
  if (error) {
    if (!std::exchange(failing_, true))
      spdlog::warn("listener: accept-failed, error={}", error.message());
    pause_.expires_after(std::chrono::milliseconds{100});   // out of descriptors, most likely
    pause_.async_wait([this, ref = caf::strong_actor_ptr{ctrl()}](const boost::system::error_code& stopped) {
      if (!stopped && acceptor_.is_open())
        accept();
    });
    return;
  }
  if (std::exchange(failing_, false))
    spdlog::info("listener: accepts-again");
  boost::system::error_code gone;
  auto from =
    settings_->config.max_connections_per_address > 0 ? socket.remote_endpoint(gone).address() : net::ip::address{};
  if (!has_memory_reserve() || is_one_too_many(from))
    refuse(std::move(socket));
  else
    welcome(std::move(socket));
  accept();
}

void listener::welcome(net::ip::tcp::socket socket) {
  boost::system::error_code ignored;
  socket.set_option(net::ip::tcp::no_delay{true}, ignored);
  socket.non_blocking(true, ignored);
  auto number = ++last_number_;
  if (settings_->config.max_connections_per_address > 0) {
    boost::system::error_code gone;
    auto from = socket.remote_endpoint(gone).address();
    ++of_address_[from];
    addresses_.emplace(number, from);
  }
  bool spare = clients_.size() - spare_.size() >= settings_->config.max_connections;
  if (spare)
    take_spare(number);
  auto strand = socket.get_executor();
  auto actor =
    system().spawn<session>(strand, std::move(socket), number, listener_actor{this}, settings_, hangups_, spare);
  auto& client = clients_.emplace(number, session_actor{std::move(actor)}).first->second;
  if (stop_is_near_)
    send(client, atom::shutdown_v);
}

void listener::refuse(net::ip::tcp::socket socket) {
  constexpr std::string_view answer =
    "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 1\r\n"
    "connection: close\r\n\r\n";
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(net::buffer(answer), ignored);
  socket.shutdown(net::socket_base::shutdown_send, ignored);
}

bool listener::is_one_too_many(const net::ip::address& from) const {
  auto most = settings_->config.max_connections_per_address;
  auto count = of_address_.find(from);
  return most > 0 && count != of_address_.end() && count->second >= most;
}

/// A probe takes a moment: whoever has held such a place longest is no probe.
void listener::take_spare(uint64_t number) {
  spare_.push_back(number);
  if (spare_.size() <= most_spare)
    return;
  caf::anon_send_exit(clients_.at(spare_.front()), caf::exit_reason::user_shutdown);
  spare_.pop_front();
}

void listener::forget(uint64_t number) {
  clients_.erase(number);
  std::erase(spare_, number);
  if (auto from = addresses_.extract(number))
    if (auto count = of_address_.find(from.mapped()); --count->second == 0)
      of_address_.erase(count);
  if (clients_.empty())
    for (auto& promise : std::exchange(drained_, {}))
      promise.deliver(caf::unit);
}

void listener::announce_stop() {
  stop_is_near_ = true;
  for (auto& [number, client] : clients_)
    send(client, atom::shutdown_v);
}

caf::result<caf::unit_t> listener::drain() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (auto& [number, client] : clients_)
    send(client, atom::drain_v);
  if (clients_.empty())
    return caf::unit;
  drained_.push_back(make_response_promise<caf::unit_t>());
  return drained_.back();
}

}   // namespace cog
