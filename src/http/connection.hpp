#pragma once
#include "actors/messages.hpp"
#include "caf_asio/pinned.hpp"
#include "http/body_stream.hpp"
#include "http/request.hpp"
#include "http/response.hpp"
#include "http/routes.hpp"
#include "http/settings.hpp"
#include "io/deadline.hpp"
#include "io/net.hpp"
#include <deque>
#include <optional>

namespace cog {

/// The actor of one client: reads requests one after the other, has them answered, writes the answers.
/// A read is always pending while a prediction runs, so that a client who leaves is seen at once.
class connection : public caf_asio::pinned<connection_actor::base> {
public:
  connection(caf::actor_config& cfg, net::any_io_executor strand, net::ip::tcp::socket socket, uint64_t number,
             listener_actor listener, settings_ptr settings);

  const char* name() const override { return "connection"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  enum class phase : uint8_t { idle, receiving, answering, writing, streaming, lingering };

  // Reading (connection.cpp).
  void read();
  size_t wanted_buffer() const;
  void on_read(const boost::system::error_code& error, size_t count);
  void advance();
  bool parse_some();
  void on_header();
  void reserve_body();
  void refuse_parse(const boost::system::error_code& error);
  void on_deadline();
  void leave();

  // Writing (connection_write.cpp).
  void respond(http_response response);
  void respond(const http_response& response, answer_text body);
  void write_more();
  void write(std::string_view text);
  void on_written();
  void count_answer(unsigned status);
  void log_request(std::string_view end) const;
  void linger();

  // Event streams (connection_stream.cpp).
  bool wants_stream() const;
  void begin_stream();
  void on_event(const event_ptr& event);
  bool next_event();
  void send_keep_alive();
  answer_text as_written(answer_text pieces) const;
  follower_actor as_follower();

  // Routes (connection_routes.cpp).
  route_match find_route() const;
  void handle();
  void create();
  void create_with(const document_ptr& document);
  void submit(request_ptr prediction);
  void follow_kept(const snapshot_ptr& result);
  void refuse_route();
  void answer_result(const snapshot_ptr& result);
  void answer_error(const caf::error& error);
  void cancel_by_id();
  void answer_health();
  void answer_probe(bool ready);
  void answer_openapi();
  void answer_index();
  void answer_kept();
  void answer_list();
  void answer_metrics();
  void answer_metrics_with_devices(const std::string& text);
  void answer_metrics(const std::string& text);

  net::ip::tcp::socket socket_;
  uint64_t number_;
  listener_actor listener_;
  settings_ptr settings_;
  deadline deadline_;
  phase phase_ = phase::idle;
  std::string in_;   // received: consumed up to `begin_`, valid up to `end_`
  size_t begin_ = 0;
  size_t end_ = 0;
  bool reading_ = false;
  bool advancing_ = false;
  bool closing_ = false;   // after this answer
  bool gone_ = false;
  std::optional<http_request> request_;
  bool header_seen_ = false;
  bool header_timed_ = false;
  uint64_t reserved_ = 0;   // bytes of body memory granted by the listener
  bool reserving_ = false;
  uint64_t body_seen_ = 0;   // at the last look of the deadline
  document_ptr document_;
  request_ptr prediction_;   // running for this client
  snapshot_ptr result_;      // being answered; keeps its files
  route_match route_;
  unsigned status_ = 0;                           // answered; 0: not yet
  std::chrono::steady_clock::time_point asked_;   // set when requests are logged
  std::string out_;                               // being written
  size_t written_ = 0;                            // of it
  body_stream stream_;                            // what follows it
  bool waiting_to_write_ = false;                 // for the socket, or for a piece of a file
  bool follows_ = false;                          // this request wants events
  bool chunked_ = true;                           // so are they sent, but to clients of HTTP/1.0
  std::deque<event_ptr> events_;                  // not written yet
  event_ptr event_;                               // being written; keeps its files
};

}   // namespace cog
