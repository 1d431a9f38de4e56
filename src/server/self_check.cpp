#include "server/self_check.hpp"
#include "io/unique_fd.hpp"
#include <array>
#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace cog {

namespace {

constexpr timeval patience{5, 0};

/// The loopback of the family, where a server listens on all addresses.
std::string reachable(const std::string& host) {
  if (host.starts_with('[') && host.ends_with(']'))
    return reachable(host.substr(1, host.size() - 2));
  return host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host;
}

unique_fd connect_to(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0)
    return unique_fd{};
  unique_fd connected;
  for (auto* one = found; one != nullptr && !connected; one = one->ai_next) {
    unique_fd socket{::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    for (int limit : {SO_RCVTIMEO, SO_SNDTIMEO})
      setsockopt(socket.get(), SOL_SOCKET, limit, &patience, sizeof patience);
    if (::connect(socket.get(), one->ai_addr, one->ai_addrlen) == 0)
      connected = std::move(socket);
  }
  freeaddrinfo(found);
  return connected;
}

}   // namespace

std::string check_server(const std::string& what, const std::string& host, uint16_t port) {
  auto address = reachable(host);
  auto number = std::to_string(port);
  auto socket = connect_to(address, number);
  auto url = (address.find(':') == address.npos ? address : "[" + address + "]") + ":" + number;
  if (!socket)
    return "no server answers at " + url + ": " + std::strerror(errno);
  // COG_ALLOWED_HOSTS is about names: an address is always let in.
  auto request = "GET /" + what + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
  constexpr size_t status_line = sizeof "HTTP/1.1 200" - 1;
  std::array<char, status_line> answer{};
  auto sent = ::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
  auto got = sent == static_cast<ssize_t>(request.size())
    ? ::recv(socket.get(), answer.data(), answer.size(), MSG_WAITALL)
    : ssize_t{-1};
  if (got != static_cast<ssize_t>(answer.size()))
    return url + "/" + what + " gives no answer";
  std::string status{answer.data() + status_line - 3, 3};
  return status == "200" ? std::string{} : url + "/" + what + " answers " + status;
}

}   // namespace cog
