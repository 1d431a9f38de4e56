#include "cli/playground/client_stream.hpp"
#include <algorithm>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace cog::playground {

namespace {

constexpr std::chrono::seconds patience{60};   // with a reader who takes nothing
constexpr std::chrono::seconds linger{2};      // for what a client still sends that is not read
constexpr size_t piece = 64 * 1024;            // bytes

int milliseconds_until(client_stream::clock::time_point moment) {
  auto left = std::chrono::ceil<std::chrono::milliseconds>(moment - client_stream::clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 3'600'000));
}

}   // namespace

client_stream::client_stream(unique_fd socket, int stopped) : socket_{std::move(socket)}, stopped_{stopped} {
  int yes = 1;
  setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

bool client_stream::poll_for(short what, clock::time_point until) const {
  std::array<pollfd, 2> watched{pollfd{socket_.get(), what, 0}, pollfd{stopped_, POLLIN, 0}};
  for (;;) {
    auto ready = poll(watched.data(), watched.size(), milliseconds_until(until));
    if (ready < 0 && errno == EINTR)
      continue;
    return ready > 0 && watched[1].revents == 0;
  }
}

bool client_stream::receive(clock::time_point until) {
  if (!poll_for(POLLIN, until))
    return false;
  auto before = input.size();
  input.resize(before + piece);
  auto count = recv(socket_.get(), input.data() + before, piece, MSG_DONTWAIT);
  input.resize(before + (count > 0 ? static_cast<size_t>(count) : 0));
  return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

bool client_stream::send(std::string_view bytes) {
  while (!bytes.empty()) {
    auto count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
      continue;
    }
    if (count < 0 && errno == EINTR)
      continue;
    if (count == 0 || errno != EAGAIN || !poll_for(POLLOUT, clock::now() + patience))
      return false;
  }
  return true;
}

client_stream::event client_stream::wait(int other, std::chrono::milliseconds limit) {
  std::array<pollfd, 3> watched{pollfd{socket_.get(), POLLRDHUP, 0}, pollfd{stopped_, POLLIN, 0},
                                pollfd{other, POLLIN, 0}};
  for (;;) {
    auto ready = poll(watched.data(), watched.size(), static_cast<int>(limit.count()));
    if (ready < 0 && errno == EINTR)
      continue;
    if (ready == 0)
      return event::time;
    return watched[0].revents != 0 || watched[1].revents != 0 ? event::left : event::readable;
  }
}

bool client_stream::has_left() const {
  char byte = 0;
  auto count = recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}

void client_stream::finish() {
  shutdown(socket_.get(), SHUT_WR);
  for (auto until = clock::now() + linger; receive(until);)
    input.clear();
}

}   // namespace cog::playground
