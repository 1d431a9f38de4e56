#include "http/answer_writer.hpp"
#include <utility>

namespace cog {

namespace {

constexpr size_t small = 16 * 1024;   // less than that waits for what follows it

bool is_last(const event_ptr& event) {
  using kind = prediction_event::kind;
  return event && (event->what == kind::completed || event->what == kind::truncated);
}

}   // namespace

void answer_writer::start(const http_response& response, answer_text body, bool keep_alive, bool head_only) {
  out_ = make_head(response, content_length(body), keep_alive);
  written_ = 0;
  body_ = head_only ? body_stream{} : body_stream{std::move(body)};
}

void answer_writer::start_stream(stream_order order, bool keep_alive) {
  out_ = order.renderer ? stream_head(std::move(order.head), order.chunked, keep_alive)
                        : sse_head(order.chunked, keep_alive, !order.style.links.empty());
  written_ = 0;
  streams_ = true;
  order_ = std::move(order);
  if (order_.renderer)
    body_ = body_stream{as_chunk(order_.renderer->begin())};
}

void answer_writer::add_headers(const std::vector<std::string>& lines) {
  constexpr size_t empty_line = 2;
  for (auto& line : lines)
    out_.insert(out_.size() - empty_line, line + "\r\n");
}

void answer_writer::finish() {
  out_.clear();
  written_ = 0;
  body_ = {};
  streams_ = false;
  ended_ = false;
  order_.before.reset();
  order_.renderer.reset();
  event_ = nullptr;
  events_.clear();
}

void answer_writer::add_keep_alive() {
  auto comment = order_.renderer ? order_.renderer->keep_alive() : sse_keep_alive;
  if (!comment.empty())
    body_ = body_stream{as_chunk({std::string{comment}})};
}

answer_writer::step answer_writer::next() {
  do {
    while (out_.size() - written_ < small && (!body_.empty() || add_another())) {
      if (body_.empty())   // of an event that is not told
        continue;
      auto [text, piece] = body_.next();
      out_.erase(0, std::exchange(written_, 0));
      out_ += text;
      if (piece) {
        piece_ = std::move(*piece);
        return step::encode;
      }
    }
    if (written_ < out_.size())
      return step::write;
    if (!streams_ || ended_)
      return step::done;
  } while (next_event());
  return step::wait;
}

/// Small events go out together.
bool answer_writer::add_another() {
  return streams_ && !ended_ && !out_.empty() && !is_last(event_) && begin_event();
}

/// Takes the next event to be written, or what ends the stream behind the last one; false when none is there.
bool answer_writer::next_event() {
  out_.clear();
  written_ = 0;
  ended_ = is_last(event_);
  if (ended_) {
    event_ = nullptr;
    if (order_.chunked)
      out_ = "0\r\n\r\n";
    return true;
  }
  event_ = nullptr;
  return begin_event();
}

/// False when there is none.
bool answer_writer::begin_event() {
  auto event = take_event();
  if (!event)
    return false;
  event_ = std::move(event);
  body_ = body_stream{as_chunk(text_of(*event_))};
  return true;
}

answer_text answer_writer::text_of(const prediction_event& event) {
  return order_.renderer ? order_.renderer->render(event) : sse_text(event, order_.style);
}

event_ptr answer_writer::take_event() {
  if (order_.before) {
    if (auto event = order_.before->next())
      return std::make_shared<const prediction_event>(std::move(*event));
    order_.before.reset();
  }
  if (events_.empty())
    return nullptr;
  auto event = std::move(events_.front());
  events_.pop_front();
  return event;
}

/// The pieces as one chunk of a chunked body, or as they are. An empty chunk would end it.
answer_text answer_writer::as_chunk(answer_text pieces) const {
  if (!order_.chunked || content_length(pieces) == 0)
    return pieces;
  pieces.insert(pieces.begin(), chunk_head(content_length(pieces)));
  pieces.emplace_back("\r\n");
  return pieces;
}

bool answer_writer::is_all_told() const {
  return ended_ || (order_.before && order_.before->has_end()) || is_last(events_.empty() ? event_ : events_.back());
}

}   // namespace cog
