#pragma once
#include "cli/playground/webhook_relay.hpp"
#include "io/net.hpp"
#include "io/unique_fd.hpp"
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace cog::playground {

struct settings {
  std::string host = "127.0.0.1";   // where we listen
  uint16_t port = 0;                // 0: any that is free
  std::string target = "http://localhost:8393";
  std::string webhook_host = "host.docker.internal";   // our name for those who send webhooks
};

/// What the connections share; the last thread that uses it lets it go.
struct shared_state {
  std::string config;   // the answer at /config
  unique_fd stopped;    // readable for ever once everything is to end
  webhook_relay relay;
  std::atomic<int> webhooks{0};   // that are being received

  std::mutex mutex;
  std::condition_variable ended;
  int connections = 0;
  int guests = 0;   // of them, those from other machines
};

/// The tool's own server for the page: a thread for each connection, of which a person's browser has a handful.
class server {
public:
  /// Listens and serves. Throws command_error.
  explicit server(const settings& given);
  /// Ends all connections.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  uint16_t port() const { return port_; }

private:
  void accept_all();
  void serve(unique_fd socket, const net::ip::address& peer);

  unique_fd socket_;
  uint16_t port_ = 0;
  std::shared_ptr<shared_state> shared_ = std::make_shared<shared_state>();
  std::thread acceptor_;
};

}   // namespace cog::playground
