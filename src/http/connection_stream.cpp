#include "http/connection.hpp"
#include "http/sse.hpp"

namespace cog {

/// The pieces as one chunk of a chunked body, or as they are.
answer_text connection::as_written(answer_text pieces) const {
  if (!chunked_)
    return pieces;
  pieces.insert(pieces.begin(), chunk_head(content_length(pieces)));
  pieces.emplace_back("\r\n");
  return pieces;
}

/// An item of the first Accept header that says so, parameters cut; wildcards do not count.
bool connection::wants_stream() const {
  std::string_view rest{request_->accept};
  while (!rest.empty()) {
    auto item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    auto begin = item.find_first_not_of(" \t");
    auto end = item.find_last_not_of(" \t");
    if (begin == std::string_view::npos)
      continue;
    item = item.substr(begin, end - begin + 1);
    if (item.substr(0, item.find(';')) == "text/event-stream")
      return true;
  }
  return false;
}

follower_actor connection::as_follower() {
  return caf::actor_cast<follower_actor>(caf::strong_actor_ptr{ctrl()});
}

void connection::on_event(const event_ptr& event) {
  if (gone_ || !follows_)
    return;
  events_.push_back(event);
  if (phase_ == phase::answering)
    begin_stream();
  else if (!waiting_to_write_)
    write_more();
}

/// The answer of the router and the first event may come in either order.
void connection::begin_stream() {
  if (phase_ != phase::answering)
    return;
  phase_ = phase::streaming;
  count_answer(200);
  chunked_ = request_->version >= 11;
  closing_ = closing_ || !chunked_;
  out_ = sse_head(chunked_, !closing_ && request_->keep_alive());
  written_ = 0;
  write_more();
}

/// Takes the next event to be written; false when there is none, or the stream is at its end.
bool connection::next_event() {
  out_.clear();
  written_ = 0;
  bool ended =
    event_ && (event_->what == prediction_event::kind::completed || event_->what == prediction_event::kind::truncated);
  event_ = nullptr;
  if (ended) {
    phase_ = phase::writing;
    if (chunked_)
      out_ = "0\r\n\r\n";
    return true;
  }
  if (events_.empty()) {
    if (settings_->config.stream_keep_alive.count() > 0)
      deadline_.set(settings_->config.stream_keep_alive);
    return false;
  }
  event_ = std::move(events_.front());
  events_.pop_front();
  stream_ = body_stream{as_written(sse_text(*event_))};
  return true;
}

void connection::send_keep_alive() {
  if (waiting_to_write_)
    return;
  stream_ = body_stream{as_written({std::string{sse_keep_alive}})};
  write_more();
}

}   // namespace cog
