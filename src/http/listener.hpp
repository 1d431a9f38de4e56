#pragma once
#include "actors/messages.hpp"
#include "caf_asio/pinned.hpp"
#include "http/settings.hpp"
#include "io/net.hpp"
#include <unordered_map>

namespace cog {

/// Accepts clients, each of which gets a connection actor, and keeps count of them and of the memory of their bodies.
class listener : public caf_asio::pinned<listener_actor::base> {
public:
  listener(caf::actor_config& cfg, net::any_io_executor strand, net::ip::tcp::acceptor acceptor, settings_ptr settings);

  const char* name() const override { return "listener"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  struct client {
    connection_actor actor;
    uint64_t reserved = 0;   // bytes of body memory
  };

  void accept();
  void on_accept(const boost::system::error_code& error, net::ip::tcp::socket socket);
  void refuse(net::ip::tcp::socket socket);
  bool reserve(uint64_t number, uint64_t bytes);
  void forget(uint64_t number);
  caf::result<caf::unit_t> drain();

  net::ip::tcp::acceptor acceptor_;
  net::steady_timer pause_;
  settings_ptr settings_;
  std::unordered_map<uint64_t, client> clients_;
  uint64_t last_number_ = 0;
  uint64_t reserved_ = 0;
  std::vector<caf::typed_response_promise<caf::unit_t>> drained_;
};

}   // namespace cog
