#include "cli/engine/port_check.hpp"
#include "io/unique_fd.hpp"
#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <sys/socket.h>

namespace cog {

namespace {

/// 0, or why nobody can listen there.
int try_to_listen(const addrinfo& where) {
  unique_fd socket{::socket(where.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int yes = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  bool listens = bind(socket.get(), where.ai_addr, where.ai_addrlen) == 0 && listen(socket.get(), 1) == 0;
  return listens ? 0 : errno;
}

void check(const published_port& port) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  auto number = std::to_string(port.outside);
  if (auto error = getaddrinfo(port.host.c_str(), number.c_str(), &hints, &found); error != 0)
    throw command_error{"cannot listen on " + port.host + ": " + gai_strerror(error)};
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner{found, freeaddrinfo};
  // EACCES is for the engine to say: Docker's may listen where we may not.
  switch (auto error = try_to_listen(*found); error) {
    case EADDRINUSE:
      throw command_error{"Port " + number + " is in use; choose another with -p"};
    case EADDRNOTAVAIL:
      throw command_error{"cannot listen on " + port.host + ": " + std::strerror(error)};
    default:
      break;
  }
}

}   // namespace

void check_ports(const std::vector<published_port>& ports) {
  for (auto& port : ports)
    if (port.outside != 0)
      check(port);
}

}   // namespace cog
