// What physics allows: one thread that relays the body of each POST to one Python child and the child's answer back.
// No routes, no validation, no actors, no deadlines; answers come in the order of the requests.
#include <algorithm>
#include <array>
#include <bit>
#include <boost/asio.hpp>
#include <boost/asio/impl/src.hpp>
#include <boost/beast.hpp>
#include <boost/beast/src.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::flat_buffer;
using net::ip::tcp;
using child_socket = net::local::stream_protocol::socket;

static_assert(std::endian::native == std::endian::little, "frame lengths are sent as they lie in memory");

constexpr size_t read_size = 65536;
constexpr int wanted_socket_buffer = 4 * 1024 * 1024;

/// Writes in the order of its calls: at once as far as the socket takes it, the rest when it can.
template <class Socket>
class writer {
public:
  explicit writer(Socket& socket) : socket_{socket} {}

  /// `owner` is kept alive until all is written.
  void write(net::const_buffer head, net::const_buffer body, std::shared_ptr<void> owner) {
    std::array<net::const_buffer, 2> parts{head, body};
    error_code ec;
    size_t sent = waiting_.empty() ? socket_.write_some(parts, ec) : 0;
    if (sent == head.size() + body.size() || (ec && ec != net::error::would_block))
      return;
    std::string rest;
    for (auto part : parts) {
      size_t skipped = std::min(sent, part.size());
      sent -= skipped;
      rest.append(static_cast<const char*>(part.data()) + skipped, part.size() - skipped);
    }
    waiting_.push_back(std::move(rest));
    if (waiting_.size() == 1)
      flush(std::move(owner));
  }

private:
  void flush(std::shared_ptr<void> owner) {
    net::async_write(socket_, net::buffer(waiting_.front()), [this, owner](error_code ec, size_t) {
      waiting_.pop_front();
      if (!ec && !waiting_.empty())
        flush(owner);
    });
  }

  Socket& socket_;
  std::deque<std::string> waiting_;
};

class client;

/// The Python process, and the clients that wait for its answers.
class child {
public:
  child(net::io_context& context, const char* python, const char* script) : socket_{context}, writer_{socket_} {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
      std::perror("socketpair");
      std::exit(1);
    }
    if (fork() == 0) {
      dup2(ends[1], 0);
      execlp(python, python, script, nullptr);
      std::perror(python);
      _exit(127);
    }
    close(ends[1]);
    socket_.assign(net::local::stream_protocol{}, ends[0]);
    socket_.non_blocking(true);
    socket_.set_option(net::socket_base::send_buffer_size{wanted_socket_buffer});
    read();
  }

  void ask(net::const_buffer body, std::shared_ptr<client> who) {
    auto length = static_cast<uint32_t>(body.size());
    waiting_.push_back(std::move(who));
    writer_.write({&length, sizeof length}, body, nullptr);
  }

private:
  void read() {
    socket_.async_read_some(buffer_.prepare(read_size), [this](error_code ec, size_t size) {
      if (ec)
        std::exit(1);
      buffer_.commit(size);
      while (answer_next()) {
        // nop
      }
      read();
    });
  }

  bool answer_next();

  child_socket socket_;
  writer<child_socket> writer_;
  flat_buffer buffer_;
  std::deque<std::shared_ptr<client>> waiting_;
};

class client : public std::enable_shared_from_this<client> {
public:
  client(tcp::socket socket, child& model) : socket_{std::move(socket)}, writer_{socket_}, model_{model} {}

  void start() {
    socket_.non_blocking(true);
    socket_.set_option(tcp::no_delay{true});
    read();
  }

  void answer(net::const_buffer body) {
    char head[128];
    int size =
      std::snprintf(head, sizeof head,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", body.size());
    writer_.write({head, static_cast<size_t>(size)}, body, shared_from_this());
    if (body_size_ > 0)
      buffer_.consume(std::exchange(body_size_, 0));
    take_request();
  }

private:
  void read() {
    size_t missing = body_size_ > buffer_.size() ? body_size_ - buffer_.size() : 0;
    socket_.async_read_some(buffer_.prepare(std::max(read_size, missing)),
                            [this, self = shared_from_this()](error_code ec, size_t size) {
                              if (ec)
                                return;
                              buffer_.commit(size);
                              take_request();
                            });
  }

  void take_request() {
    if (body_size_ == 0 && buffer_.size() > 0 && !take_header())
      return;
    if (body_size_ == 0 || buffer_.size() < body_size_)
      return read();
    model_.ask({buffer_.data().data(), body_size_}, shared_from_this());
  }

  /// False when there is nothing to read on: a bad request, or one that `answer` has dealt with.
  bool take_header() {
    if (!parser_) {
      parser_.emplace();
      parser_->body_limit(boost::none);
    }
    error_code ec;
    buffer_.consume(parser_->put(buffer_.data(), ec));
    if (ec == http::error::need_more)
      return true;
    if (ec)
      return false;
    if (!parser_->is_header_done())
      return true;
    bool is_get = parser_->get().method() == http::verb::get;
    body_size_ = parser_->content_length().value_or(0);
    parser_.reset();
    if (body_size_ > 0)
      return true;
    if (is_get)
      answer(net::buffer(ready_, sizeof ready_ - 1));
    return false;
  }

  static constexpr char ready_[] = R"({"status":"READY"})";

  tcp::socket socket_;
  writer<tcp::socket> writer_;
  child& model_;
  flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  uint64_t body_size_ = 0;   // of the request that is being read or answered; 0 between requests
};

bool child::answer_next() {
  uint32_t size;
  if (buffer_.size() < sizeof size)
    return false;
  std::memcpy(&size, buffer_.data().data(), sizeof size);
  if (buffer_.size() < sizeof size + size)
    return false;
  auto who = std::move(waiting_.front());
  waiting_.pop_front();
  who->answer({static_cast<const char*>(buffer_.data().data()) + sizeof size, size});
  buffer_.consume(sizeof size + size);
  return true;
}

void accept_clients(tcp::acceptor& acceptor, child& model) {
  acceptor.async_accept([&](error_code ec, tcp::socket socket) {
    if (!ec)
      std::make_shared<client>(std::move(socket), model)->start();
    accept_clients(acceptor, model);
  });
}

}   // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: floor PORT PYTHON SCRIPT\n", stderr);
    return 2;
  }
  net::io_context context{1};
  child model{context, argv[2], argv[3]};
  tcp::acceptor acceptor{context, {net::ip::address_v4::loopback(), static_cast<uint16_t>(std::atoi(argv[1]))}};
  accept_clients(acceptor, model);
  context.run();
}
