#pragma once
#include <arpa/inet.h>
#include <cstdlib>
#include <functional>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

/// Answers every connection on a port of 127.0.0.1 with what `handler` makes of the whole request, then closes it. Each
/// connection has a thread of its own, so a handler may block; it must return before the server goes.
class http_server {
public:
  using handler = std::function<std::string(const std::string& request)>;

  explicit http_server(handler answer) : answer_{std::move(answer)} {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof(address);
    if (::bind(listener_, generic, length) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, generic, &length) != 0)
      std::abort();
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread{[this] { accept_all(); }};
  }
  http_server(const http_server&) = delete;
  ~http_server() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (auto& thread : connections_)
      thread.join();
    ::close(listener_);
  }
  std::string url(std::string_view path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string{path};
  }

private:
  void accept_all() {
    for (int fd; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;)
      connections_.emplace_back([this, fd] { serve(fd); });
  }
  static bool is_whole(const std::string& request) {
    constexpr std::string_view length = "\r\nContent-Length: ";
    auto end = request.find("\r\n\r\n");
    if (end == request.npos)
      return false;
    auto found = request.find(length);
    auto body = found < end ? std::strtoul(request.c_str() + found + length.size(), nullptr, 10) : 0;
    return request.size() - end - 4 >= body;
  }
  void serve(int fd) const {
    std::string request;
    char buffer[4096];
    while (!is_whole(request)) {
      auto count = ::read(fd, buffer, sizeof(buffer));
      if (count <= 0)
        break;
      request.append(buffer, static_cast<size_t>(count));
    }
    auto answer = answer_(request);
    for (std::string_view rest = answer; !rest.empty();) {
      auto count = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (count <= 0)
        break;
      rest.remove_prefix(static_cast<size_t>(count));
    }
    ::close(fd);
  }

  handler answer_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::thread acceptor_;
  std::vector<std::thread> connections_;   // touched by the acceptor's thread until it has ended
};
