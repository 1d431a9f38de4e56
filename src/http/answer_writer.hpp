#pragma once
#include "http/body_stream.hpp"
#include "http/response.hpp"
#include "http/sse.hpp"
#include "prediction/event_replay.hpp"
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// Writes a stream in another way than Cog's: called for one event after the other, each when its turn to be written
/// comes.
class event_renderer {
public:
  virtual ~event_renderer() = default;

  /// What the body begins with.
  virtual answer_text begin() { return {}; }
  /// Empty: this event is not told.
  virtual answer_text render(const prediction_event& event) = 0;
  /// Sent when nothing has happened for a while; empty: nothing is.
  virtual std::string_view keep_alive() const { return sse_keep_alive; }
};

/// What an event stream is to be.
struct stream_order {
  bool chunked = true;   // else the body ends with the connection, as clients of HTTP/1.0 have it
  event_style style;
  std::optional<event_replay> before;           // told before what comes
  std::shared_ptr<event_renderer> renderer{};   // null: as Cog has it
  http_response head{};                         // of a renderer's stream
};

/// The bytes of one answer, in the order they go out: a head, then a body, or events as they come. Knows no socket; a
/// file is never held whole, and what an answer or an event needs is held until it is written.
class answer_writer {
public:
  /// What has to be done next.
  enum class step : uint8_t {
    write,    // `bytes`, in whole or part; `wrote` says how many
    encode,   // `piece`; what is read of it is given to `add_encoded`
    wait,     // for an event
    done,
  };

  /// `head_only`: of the body only its length is told. `response.body` is not looked at.
  void start(const http_response& response, answer_text body, bool keep_alive, bool head_only);
  /// Events follow.
  void start_stream(stream_order order, bool keep_alive);
  /// More lines of a head that was started just now.
  void add_headers(const std::vector<std::string>& lines);
  /// The answer is written: nothing is held for it any more.
  void finish();

  void add_event(const event_ptr& event) { events_.push_back(event); }
  /// Of a stream that waits: a comment, so that nobody takes the connection for dead.
  void add_keep_alive();
  void add_encoded(std::string_view piece) { out_ += piece; }

  step next();
  std::string_view bytes() const { return std::string_view{out_}.substr(written_); }
  void wrote(size_t count) { written_ += count; }
  const file_piece& piece() const { return piece_; }

  /// Of a stream: its last event was written.
  bool has_ended() const { return ended_; }
  /// Of a stream: all that will ever be told is here.
  bool is_all_told() const;

private:
  bool add_another();
  bool next_event();
  bool begin_event();
  event_ptr take_event();
  answer_text text_of(const prediction_event& event);
  answer_text as_chunk(answer_text pieces) const;

  std::string out_;      // to be written next
  size_t written_ = 0;   // of it
  body_stream body_;     // what follows it
  file_piece piece_;
  bool streams_ = false;
  bool ended_ = false;
  stream_order order_;
  std::deque<event_ptr> events_;   // not written yet
  event_ptr event_;                // being written; keeps its files
};

}   // namespace cog
