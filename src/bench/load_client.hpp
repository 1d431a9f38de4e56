#pragma once
#include "bench/draining_parser.hpp"
#include "bench/request_text.hpp"
#include "bench/result.hpp"
#include "bench/sse_reader.hpp"
#include "bench/target.hpp"
#include "bench/verdict.hpp"
#include <boost/beast/core/flat_buffer.hpp>
#include <functional>
#include <memory>
#include <optional>

namespace cog::bench {

struct load_request {
  uint64_t number = 0;   // unique in a run
  clock::time_point due{};
  bool counted = false;   // not of the warm-up
};

/// When the chunks of a stream came.
struct chunk_times {
  uint64_t count = 0;
  clock::time_point first{}, last{};
};

/// One connection, kept open, with at most one request on it.
class load_client : public std::enable_shared_from_this<load_client> {
public:
  /// What all clients of a measurement share; it outlives them.
  struct shared {
    net::io_context& io;
    const target& where;
    const load_settings& settings;
    const request_text& text;
    std::function<void(load_client&, const outcome&)> on_end;   // a request has ended; the client is idle
    uint64_t connections = 0;                                   // opened by all
    histogram* chunk_gaps = nullptr;
  };

  explicit load_client(shared& common);

  /// The client must be idle.
  void send(const load_request& request);

  /// Hangs up; nothing is heard of this client any more.
  void leave();

  bool is_busy() const { return busy_; }
  const load_request& request() const { return request_; }

  /// When the last request has ended.
  clock::time_point ended() const { return ended_; }

  const chunk_times& chunks() const { return chunks_; }

  /// Of the last answer that was no stream, or its start.
  std::string_view body() const { return verdict_.text(); }

private:
  void connect();
  void write();
  void read();
  void answered();
  outcome judge();
  outcome judge_stream() const;
  void take(std::string_view piece);
  void take_chat_event(std::string_view data);
  void take_event(std::string_view name, std::string_view data);
  void fail(const boost::system::error_code& ec);
  void end(const outcome& what);
  void close();
  bool has_been_closed();

  shared& common_;
  net::ip::tcp::socket socket_;
  net::steady_timer pause_;
  boost::beast::flat_buffer buffer_;
  body_taker take_;
  std::optional<draining_parser<false>> parser_;
  std::string start_;   // of the request, with its number
  load_request request_;
  bool busy_ = false;
  bool gone_ = false;     // left
  bool broken_ = false;   // could not be written whole
  clock::time_point ended_{};
  verdict verdict_;
  sse_reader events_;
  chunk_times chunks_;
  std::optional<prediction_end> completed_;   // by the stream's last event
  std::string stream_error_;
};

}   // namespace cog::bench
