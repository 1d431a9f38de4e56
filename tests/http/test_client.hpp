#pragma once
#include "exchange_support.hpp"
#include "io/unique_fd.hpp"
#include <array>
#include <cerrno>
#include <chrono>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>

namespace cog {

/// After which a test has failed: what it waits for never comes.
constexpr std::chrono::seconds test_limit{30};

/// A blocking client; what takes longer than `test_limit` fails the test.
class test_client {
public:
  explicit test_client(uint16_t port, int receive_buffer = 0)
    : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    timeval limit{test_limit.count(), 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (receive_buffer > 0)
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    connected_ = ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }

  bool is_connected() const { return connected_; }

  void send(std::string_view text) {
    while (!text.empty()) {
      auto count = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      REQUIRE(count > 0);
      text.remove_prefix(static_cast<size_t>(count));
    }
  }

  void half_close() { ::shutdown(socket_.get(), SHUT_WR); }
  void close() { socket_.reset(); }
  void reset() {
    linger at_once{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close();
  }

  /// Up to and with the mark.
  std::string read_until(std::string_view mark) {
    while (received_.find(mark) == received_.npos)
      REQUIRE(receive() > 0);
    return take(received_.find(mark) + mark.size());
  }

  std::string read(size_t count) {
    while (received_.size() < count)
      REQUIRE(receive() > 0);
    return take(count);
  }

  /// What comes until the other side ends it, which it does in order.
  std::string rest() {
    ssize_t count = 0;
    while ((count = receive()) > 0)
      continue;
    CHECK(count == 0);
    return take(received_.size());
  }

  /// The other side has ended the connection, or does so now.
  bool is_ended() { return received_.empty() && receive() <= 0 && errno != EAGAIN; }

  /// The next answer; it has a length.
  answer next() {
    auto result = parse_answer(read_until("\r\n\r\n"));
    result.body = read(std::stoul(result.fields.at("content-length")));
    return result;
  }

  answer ask(std::string_view request) {
    send(request);
    return next();
  }
  answer get(const std::string& path, const std::string& fields = {}) {
    return ask("GET " + path + " HTTP/1.1\r\nhost: h\r\n" + fields + "\r\n");
  }

private:
  ssize_t receive() {
    std::array<char, 16 * 1024> buffer{};
    errno = 0;
    auto count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (count > 0)
      received_.append(buffer.data(), static_cast<size_t>(count));
    return count;
  }

  std::string take(size_t count) {
    auto text = received_.substr(0, count);
    received_.erase(0, count);
    return text;
  }

  unique_fd socket_;
  bool connected_ = false;
  std::string received_;
};

}   // namespace cog
