#pragma once
#include "actors/caf.hpp"
#include "actors/messages.hpp"
#include "caf_asio/pinned.hpp"
#include "http/actor_services.hpp"
#include "http/answer_writer.hpp"
#include "http/exchange.hpp"
#include "http/reader_watch.hpp"
#include "http/request_intake.hpp"
#include "http/settings.hpp"
#include "io/deadline.hpp"
#include "io/hangup_watch.hpp"
#include "io/net.hpp"
#include <memory>
#include <optional>

namespace cog {

/// The actor of one client's socket: reads requests one after the other, hands each to an exchange, writes what comes of
/// it, and sees to the deadlines. While a prediction runs a read is pending, or, when so much was read that more has to
/// wait, the end of what the client sends is waited for, so that a client who leaves is seen at once.
class session : public caf_asio::pinned<session_actor::base>, private exchange_client {
public:
  /// `spare`: in a place beyond the limit, for probes alone.
  session(caf::actor_config& cfg, net::any_io_executor strand, net::ip::tcp::socket socket, uint64_t number,
          listener_actor listener, settings_ptr settings, std::shared_ptr<hangup_watch> hangups, bool spare);

  const char* name() const override { return "session"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  enum class phase : uint8_t { idle, receiving, answering, writing, streaming, lingering };
  enum class pause : uint8_t { none, socket_full, encoding };   // of writing

  // Reading (session.cpp).
  void read();
  void on_read(const boost::system::error_code& error, size_t count);
  void await_hangup();
  void on_hangup();
  void on_end();
  void advance();
  bool parse_some();
  void begin_request();
  void on_header();
  void on_deadline();
  void leave();
  bool is_holding() const;
  bool is_answer_due() const;

  // Writing (session_write.cpp).
  bool is_local() const override;
  bool is_spare() const override { return spare_; }
  bool is_closing() const override { return closing_; }
  void send_continue() override;
  void respond(const http_response& response, answer_text body) override;
  void begin_stream(stream_order order) override;
  void send_event(const event_ptr& event) override;
  void refuse(const http_response& response);
  void flush();
  void write_more();
  void encode(const file_piece& piece);
  void wait_to_write(bool progress);
  uint64_t unsent_bytes();
  void look_at_reader();
  bool keeps_alive() const;
  void add_shared_headers();
  void count_answer(unsigned status);
  void log_request(std::string_view end) const;
  void on_written();
  void linger();

  net::ip::tcp::socket socket_;
  const uint64_t number_;
  const bool spare_;
  listener_actor listener_;
  settings_ptr settings_;
  std::shared_ptr<hangup_watch> hangups_;
  actor_services services_;
  request_intake intake_;
  std::optional<exchange> exchange_;   // from the end of a header until its answer is written
  answer_writer writer_;
  reader_watch watch_;
  deadline deadline_;
  phase phase_ = phase::idle;
  pause pause_ = pause::none;
  bool reading_ = false;
  bool advancing_ = false;
  bool hangup_awaited_ = false;
  bool hung_up_ = false;
  bool closing_ = false;   // after this answer
  bool gone_ = false;
  unsigned status_ = 0;                           // answered; 0: not yet
  std::chrono::steady_clock::time_point asked_;   // set when requests are logged
};

}   // namespace cog
