#include "http/listener.hpp"
#include "caf_asio/asio_scheduler.hpp"
#include "http/connection.hpp"
#include <spdlog/spdlog.h>

namespace cog {

listener::listener(caf::actor_config& cfg, net::any_io_executor strand, net::ip::tcp::acceptor acceptor,
                   settings_ptr settings)
  : pinned{cfg, std::move(strand)},
    acceptor_{std::move(acceptor)},
    pause_{this->strand()},
    settings_{std::move(settings)} {
  // nop
}

listener::behavior_type listener::make_behavior() {
  accept();
  return {
    [this](atom::reserve, uint64_t number, uint64_t bytes) { return reserve(number, bytes); },
    [this](atom::closed, uint64_t number) { forget(number); },
    [this](atom::drain) { return drain(); },
  };
}

void listener::on_exit() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  for (auto& promise : drained_)
    promise.deliver(caf::unit);
  for (auto& [number, client] : clients_)
    caf::anon_send_exit(client.actor, caf::exit_reason::user_shutdown);
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
    spdlog::warn("listener: accept-failed, error={}", error.message());
    pause_.expires_after(std::chrono::milliseconds{100});   // out of descriptors, most likely
    pause_.async_wait([this, ref = caf::strong_actor_ptr{ctrl()}](const boost::system::error_code& stopped) {
      if (!stopped && acceptor_.is_open())
        accept();
    });
    return;
  }
  if (clients_.size() >= settings_->config.max_connections) {
    refuse(std::move(socket));
  } else {
    boost::system::error_code ignored;
    socket.set_option(net::ip::tcp::no_delay{true}, ignored);
    socket.non_blocking(true, ignored);
    auto number = ++last_number_;
    auto strand = socket.get_executor();
    auto actor = system().spawn<connection>(strand, std::move(socket), number, listener_actor{this}, settings_);
    clients_.emplace(number, client{connection_actor{std::move(actor)}});
  }
  accept();
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

bool listener::reserve(uint64_t number, uint64_t bytes) {
  auto found = clients_.find(number);
  if (found == clients_.end())
    return false;
  auto others = reserved_ - found->second.reserved;
  if (bytes > 0 && others + bytes > settings_->config.max_body_memory)
    return false;
  reserved_ = others + bytes;
  found->second.reserved = bytes;
  return true;
}

void listener::forget(uint64_t number) {
  reserve(number, 0);
  clients_.erase(number);
  if (clients_.empty())
    for (auto& promise : std::exchange(drained_, {}))
      promise.deliver(caf::unit);
}

caf::result<caf::unit_t> listener::drain() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (auto& [number, client] : clients_)
    send(client.actor, atom::drain_v);
  if (clients_.empty())
    return caf::unit;
  drained_.push_back(make_response_promise<caf::unit_t>());
  return drained_.back();
}

}   // namespace cog
