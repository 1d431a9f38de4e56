#include "cli/playground/server.hpp"
#include "cli/console.hpp"
#include "cli/playground/connection.hpp"
#include "cli/playground/rules.hpp"
#include "json/json_writer.hpp"
#include "version.hpp"
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>

namespace cog::playground {

namespace {

constexpr int most_connections = 128;
constexpr int most_guests = 32;
constexpr std::chrono::milliseconds pause{100};   // after a failed accept

/// No signal is for the threads that are made while this lives.
class signals_blocked {
public:
  signals_blocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  signals_blocked(const signals_blocked&) = delete;
  ~signals_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
  sigset_t before_{};
};

unique_fd listen_at(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  auto number = std::to_string(port);
  auto where = "the playground cannot listen on " + host + ", port " + number + ": ";
  if (auto error = getaddrinfo(host.c_str(), number.c_str(), &hints, &found); error != 0)
    throw command_error{where + gai_strerror(error)};
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner{found, freeaddrinfo};
  unique_fd socket{::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int yes = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0 || listen(socket.get(), SOMAXCONN) != 0)
    throw command_error{where + std::strerror(errno) + (errno == EADDRINUSE ? "; choose another port" : "")};
  return socket;
}

net::ip::address address_of(const sockaddr_storage& peer, uint16_t& port) {
  if (peer.ss_family == AF_INET6) {
    sockaddr_in6 six{};
    std::memcpy(&six, &peer, sizeof six);
    net::ip::address_v6::bytes_type bytes{};
    std::memcpy(bytes.data(), &six.sin6_addr, bytes.size());
    port = ntohs(six.sin6_port);
    return net::ip::address_v6{bytes};
  }
  sockaddr_in four{};
  std::memcpy(&four, &peer, sizeof four);
  port = ntohs(four.sin_port);
  return net::ip::address_v4{ntohl(four.sin_addr.s_addr)};
}

uint16_t port_of(int socket) {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size);
  uint16_t port = 0;
  address_of(own, port);
  return port;
}

std::string make_config(const settings& given, uint16_t port) {
  auto host = given.webhook_host.find(':') == std::string::npos || given.webhook_host.starts_with('[')
    ? given.webhook_host
    : "[" + given.webhook_host + "]";
  std::string text;
  json_writer json{text};
  json.open({}, '{');
  json.text("target", given.target);
  json.text("webhookBase", "http://" + host + ":" + std::to_string(port));
  json.text("cogVersion", build_version);
  json.close('}');
  return text;
}

/// A place among the connections, if there is one.
class place {
public:
  place(std::shared_ptr<shared_state> shared, bool guest) : shared_{std::move(shared)}, guest_{guest} {
    std::lock_guard lock{shared_->mutex};
    ++shared_->connections;
    shared_->guests += guest_ ? 1 : 0;
    free_ = shared_->connections <= most_connections && (!guest_ || shared_->guests <= most_guests);
  }
  place(const place&) = delete;
  ~place() {
    std::lock_guard lock{shared_->mutex};
    --shared_->connections;
    shared_->guests -= guest_ ? 1 : 0;
    shared_->ended.notify_all();
  }
  bool is_free() const { return free_; }

private:
  std::shared_ptr<shared_state> shared_;
  bool guest_;
  bool free_ = false;
};

}   // namespace

server::server(const settings& given) : socket_{listen_at(given.host, given.port)}, port_{port_of(socket_.get())} {
  shared_->config = make_config(given, port_);
  shared_->stopped.reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  signals_blocked none;
  acceptor_ = std::thread{[this] { accept_all(); }};
}

server::~server() {
  eventfd_write(shared_->stopped.get(), 1);
  acceptor_.join();
  std::unique_lock lock{shared_->mutex};
  shared_->ended.wait(lock, [&] { return shared_->connections == 0; });
}

void server::accept_all() {
  for (;;) {
    std::array<pollfd, 2> watched{pollfd{shared_->stopped.get(), POLLIN, 0}, pollfd{socket_.get(), POLLIN, 0}};
    poll(watched.data(), watched.size(), -1);
    if (watched[0].revents != 0)
      return;
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    unique_fd socket{accept4(socket_.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC)};
    if (!socket) {
      if (errno != EINTR && errno != ECONNABORTED)
        poll(watched.data(), 1, static_cast<int>(pause.count()));   // short of descriptors
      continue;
    }
    uint16_t ignored = 0;
    auto peer = address_of(from, ignored);
    serve(std::move(socket), peer);
  }
}

void server::serve(unique_fd socket, const net::ip::address& peer) {
  auto taken = std::make_shared<place>(shared_, !is_loopback(peer));
  if (!taken->is_free())
    return;
  try {
    std::thread{[this, taken, peer, client = std::move(socket)]() mutable {
      try {
        connection{*shared_, std::move(client), peer}.run();
      } catch (const std::exception&) {
        // Out of memory: this connection ends.
      }
    }}.detach();
  } catch (const std::system_error&) {
    // Too many threads on this machine: this connection ends.
  }
}

}   // namespace cog::playground
