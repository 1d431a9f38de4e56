#include "bench/load_client.hpp"
#include <array>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>

namespace cog::bench {

namespace http = boost::beast::http;

namespace {

using namespace std::chrono_literals;
using boost::system::error_code;

constexpr size_t read_size = 64 * 1024;
constexpr auto pause_after_refusal = 10ms;   // of a closed loop, which would else only spin
constexpr auto long_idle = 1s;               // after which a server may have hung up
constexpr size_t longest_event = 300;        // bytes that are kept of one that tells of an error

failure kind_of(const error_code& ec) {
  if (ec == net::error::connection_refused)
    return failure::refused;
  if (ec == net::error::connection_reset || ec == net::error::broken_pipe)
    return failure::reset;
  if (ec == http::error::end_of_stream || ec == http::error::partial_message || ec == net::error::eof)
    return failure::closed;
  return ec.category() == http::make_error_code(http::error::bad_version).category() ? failure::wrong_answer
                                                                                     : failure::unreachable;
}

}   // namespace

load_client::load_client(shared& common)
  : common_{common},
    socket_{common.io},
    pause_{common.io},
    take_{[this](std::string_view piece) { take(piece); }},
    start_{common.text.start()},
    events_{[this](std::string_view name, std::string_view data) { take_event(name, data); }} {
  buffer_.reserve(read_size);
}

void load_client::send(const load_request& request) {
  request_ = request;
  busy_ = true;
  broken_ = false;
  verdict_.clear();
  if (common_.settings.kind == traffic::streams) {
    events_.clear();
    chunks_ = {};
    completed_.reset();
    stream_error_.clear();
  }
  if (common_.text.is_numbered())
    common_.text.put_number(start_, request.number);
  if (socket_.is_open() && clock::now() - ended_ > long_idle && has_been_closed())
    close();
  if (socket_.is_open())
    write();
  else
    connect();
}

bool load_client::has_been_closed() {
  error_code ec;
  char byte = 0;
  socket_.receive(net::buffer(&byte, 1), net::socket_base::message_peek, ec);
  return ec != net::error::would_block;
}

void load_client::connect() {
  ++common_.connections;
  socket_.async_connect(common_.where.address, [self = shared_from_this()](error_code ec) {
    if (self->gone_)
      return;
    if (!ec)
      self->socket_.set_option(net::ip::tcp::no_delay{true}, ec);
    if (!ec)
      self->socket_.non_blocking(true, ec);
    if (!ec)
      return self->write();
    self->close();
    self->pause_.expires_after(pause_after_refusal);
    self->pause_.async_wait([self, ec](error_code) {
      if (!self->gone_)
        self->fail(ec);
    });
  });
}

void load_client::write() {
  auto& rest = common_.text.rest();
  std::array<net::const_buffer, 2> whole{net::buffer(start_), net::buffer(rest)};
  error_code ec;
  auto sent = socket_.write_some(whole, ec);
  if (ec == net::error::would_block)
    ec = {};
  broken_ = ec.failed();
  if (broken_ || sent == start_.size() + rest.size())
    return read();
  std::array<net::const_buffer, 2> left{whole[0] + sent, whole[1] + (sent - std::min(sent, start_.size()))};
  net::async_write(socket_, left, [self = shared_from_this()](error_code ec, size_t) {
    if (self->gone_)
      return;
    // A server may refuse a body before it has read it: what it says is worth more than that it hung up.
    self->broken_ = ec.failed();
    self->read();
  });
}

void load_client::read() {
  parser_.emplace(take_);
  http::async_read(socket_, buffer_, *parser_, [self = shared_from_this()](error_code ec, size_t) {
    if (self->gone_)
      return;
    if (ec) {
      self->close();
      self->fail(ec);
    } else {
      self->answered();
    }
  });
}

void load_client::answered() {
  if (broken_ || !parser_->keep_alive() || buffer_.size() > 0)
    close();
  end(judge());
}

outcome load_client::judge() {
  auto status = parser_->status();
  auto& settings = common_.settings;
  bool right = settings.kind == traffic::webhooks ? status == 202 : status / 100 == 2;
  if (!right)
    return {failure::http_status, status, verdict_.text()};
  if (settings.kind == traffic::streams)
    return judge_stream();
  if (settings.kind == traffic::webhooks || !settings.makes_predictions())
    return {};
  auto end = verdict_.end();
  if (end == prediction_end::succeeded)
    return {};
  return {end == prediction_end::failed ? failure::failed_prediction : failure::wrong_answer, 0, verdict_.text()};
}

outcome load_client::judge_stream() const {
  if (!completed_) {
    std::string_view text =
      common_.settings.openai ? "the stream ended without `[DONE]`" : "the stream ended without `completed`";
    return {failure::wrong_answer, 0, stream_error_.empty() ? text : stream_error_};
  }
  if (*completed_ == prediction_end::succeeded)
    return {};
  return {failure::failed_prediction, 0, stream_error_};
}

void load_client::take(std::string_view piece) {
  if (common_.settings.kind == traffic::streams && parser_->status() == 200)
    events_.append(piece);
  else
    verdict_.take(piece);
}

/// A stream of chat completions: pieces without names, an error in place of the rest, `[DONE]`.
void load_client::take_chat_event(std::string_view data) {
  if (data == "[DONE]") {
    completed_ = stream_error_.empty() ? prediction_end::succeeded : prediction_end::failed;
  } else if (data.starts_with("{\"error\"")) {
    stream_error_ = data.substr(0, longest_event);
  } else if (auto at = data.find("\"content\":\""); at != data.npos && data.substr(at + 11, 1) != "\"") {
    take_event("output", data);
  }
}

void load_client::take_event(std::string_view name, std::string_view data) {
  if (common_.settings.openai && name == "message")
    return take_chat_event(data);
  if (name == "output") {
    auto now = clock::now();
    if (chunks_.count == 0)
      chunks_.first = now;
    else if (request_.counted && common_.chunk_gaps)
      common_.chunk_gaps->record(static_cast<uint64_t>(std::chrono::nanoseconds{now - chunks_.last}.count()));
    chunks_.last = now;
    ++chunks_.count;
  } else if (name == "completed") {
    completed_ = end_of_prediction(data);
    if (*completed_ != prediction_end::succeeded)
      stream_error_ = data.substr(0, longest_event);
  } else if (name == "error") {
    stream_error_ = data.substr(0, longest_event);
  }
}

void load_client::fail(const error_code& ec) {
  auto text = ec.message();
  end({kind_of(ec), 0, text});
}

void load_client::end(const outcome& what) {
  busy_ = false;
  ended_ = clock::now();
  common_.on_end(*this, what);
}

void load_client::close() {
  error_code ignored;
  socket_.close(ignored);
  buffer_.clear();
}

void load_client::leave() {
  gone_ = true;
  busy_ = false;
  pause_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

}   // namespace cog::bench
