#pragma once
#include "http/dialects/prediction_plan.hpp"
#include "http/dialects/stop_filter.hpp"

namespace cog {

/// One text that has come to its end.
struct text_choice {
  std::string text;
  std::string finish_reason;
  std::string message;   // JSON: a whole chat message that the model has made; empty: it has not
};

/// Answers in text, whole or piece by piece. Whoever derives from it says how a piece and the ends are written.
class text_answer : public dialect_answer {
public:
  explicit text_answer(std::vector<std::string> stops = {}) : stops_{stops}, filter_{std::move(stops)} {
    // nop
  }

  void answer(const result_list& results, http_response& response, answer_text& body) override;
  answer_text begin() override;
  answer_text render(const prediction_event& event) override;

  /// The client wants a stream, though its predictions are run as a list.
  bool as_stream = false;

protected:
  /// The JSON of an answer that comes whole.
  virtual std::string whole(const std::vector<text_choice>& choices, const token_usage& usage) = 0;
  /// Frames: what a stream begins with; a piece of a text; its end; the end of the stream; an error in place of the rest.
  virtual std::string begin_frames(size_t choices) = 0;
  virtual std::string piece_frame(size_t choice, const std::string& text) = 0;
  virtual std::string end_frame(size_t choice, const text_choice& end) = 0;
  virtual std::string last_frames(const token_usage& usage) = 0;
  virtual std::string error_frames(const dialect_error& error) = 0;

private:
  std::vector<text_choice> choices_of(const result_list& results) const;
  std::string on_piece(const std::string& text);
  std::string on_end(const prediction_snapshot& end);

  std::vector<std::string> stops_;
  stop_filter filter_;
  std::string told_;        // the text so far
  bool told_end_ = false;   // a stop was found, and the end is written
};

/// `data: <json>` and an empty line.
std::string data_frame(std::string_view json);
/// The text of a piece of output, which is JSON.
std::string piece_text(std::string_view json);

}   // namespace cog
