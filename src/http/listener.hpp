#pragma once
#include "actors/caf.hpp"
#include "actors/messages.hpp"
#include "caf_asio/pinned.hpp"
#include "http/settings.hpp"
#include "io/hangup_watch.hpp"
#include "io/net.hpp"
#include <deque>
#include <map>
#include <memory>
#include <unordered_map>

namespace cog {

/// Accepts clients, each of which gets a session, and keeps count of them.
class listener : public caf_asio::pinned<listener_actor::base> {
public:
  listener(caf::actor_config& cfg, net::any_io_executor strand, net::ip::tcp::acceptor acceptor, settings_ptr settings);

  const char* name() const override { return "listener"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  void accept();
  void on_accept(const boost::system::error_code& error, net::ip::tcp::socket socket);
  void welcome(net::ip::tcp::socket socket);
  void refuse(net::ip::tcp::socket socket);
  void take_spare(uint64_t number);
  void forget(uint64_t number);
  bool is_one_too_many(const net::ip::address& from) const;
  void announce_stop();
  caf::result<caf::unit_t> drain();

  net::ip::tcp::acceptor acceptor_;
  net::steady_timer pause_;
  settings_ptr settings_;
  std::shared_ptr<hangup_watch> hangups_;
  std::unordered_map<uint64_t, session_actor> clients_;
  std::map<net::ip::address, uint64_t> of_address_;            // connections; where there is a limit for each
  std::unordered_map<uint64_t, net::ip::address> addresses_;   // by number, likewise
  bool failing_ = false;                                       // the last accept has failed
  bool stop_is_near_ = false;
  std::deque<uint64_t> spare_;   // the oldest in front
  uint64_t last_number_ = 0;
  std::vector<caf::typed_response_promise<caf::unit_t>> drained_;
};

}   // namespace cog
