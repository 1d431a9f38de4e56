#include "bench/webhook_receiver.hpp"
#include "bench/draining_parser.hpp"
#include "cli/console.hpp"
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <charconv>
#include <optional>

namespace cog::bench {

namespace {

using boost::system::error_code;
using net::ip::tcp;

constexpr std::string_view thanks = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// A connection of who sends webhooks.
class hook_session : public std::enable_shared_from_this<hook_session> {
public:
  hook_session(tcp::socket socket, std::shared_ptr<webhook_receiver::handler> on_webhook)
    : socket_{std::move(socket)}, on_webhook_{std::move(on_webhook)} {
    // nop
  }

  void read() {
    verdict_.clear();
    parser_.emplace(take_);
    boost::beast::http::async_read(socket_, buffer_, *parser_, [self = shared_from_this()](error_code ec, size_t) {
      if (!ec)
        self->answer();
    });
  }

private:
  void answer() {
    tell();
    net::async_write(socket_, net::buffer(thanks), [self = shared_from_this()](error_code ec, size_t) {
      if (!ec && self->parser_->keep_alive())
        self->read();
    });
  }

  void tell() {
    auto& path = parser_->path();
    uint64_t number = 0;
    auto* first = path.data() + 1;
    auto* last = path.data() + path.size();
    auto [end, error] = std::from_chars(std::min(first, last), last, number);
    auto what = verdict_.end();
    if (error == std::errc{} && end == last && *on_webhook_ && what != prediction_end::under_way)
      (*on_webhook_)(number, what, verdict_.text());
  }

  tcp::socket socket_;
  std::shared_ptr<webhook_receiver::handler> on_webhook_;
  boost::beast::flat_buffer buffer_;
  verdict verdict_;
  body_taker take_ = [this](std::string_view piece) { verdict_.take(piece); };
  std::optional<draining_parser<true>> parser_;
};

}   // namespace

webhook_receiver::webhook_receiver(net::io_context& io, const std::string& address) : acceptor_{io}, host_{address} {
  error_code ec;
  tcp::endpoint where{net::ip::make_address(address, ec), 0};
  if (!ec)
    acceptor_.open(where.protocol(), ec);
  if (!ec)
    acceptor_.bind(where, ec);
  if (!ec)
    acceptor_.listen(net::socket_base::max_listen_connections, ec);
  if (ec)
    throw command_error{"--webhook-host " + address + ": cannot listen there: " + ec.message()};
  if (where.address().is_v6())
    host_ = "[" + host_ + "]";
  accept();
}

webhook_receiver::~webhook_receiver() {
  *on_webhook_ = nullptr;
}

std::string webhook_receiver::url() const {
  return "http://" + host_ + ":" + std::to_string(acceptor_.local_endpoint().port()) + "/";
}

void webhook_receiver::accept() {
  acceptor_.async_accept([this](error_code ec, tcp::socket socket) {
    if (ec)
      return;
    std::make_shared<hook_session>(std::move(socket), on_webhook_)->read();
    accept();
  });
}

}   // namespace cog::bench
