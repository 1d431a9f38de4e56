#pragma once
#include "actors/messages.hpp"
#include "prediction/answer.hpp"
#include <optional>
#include <string>

namespace cog {

/// What is left of an answer's body: texts, and files, as they are or as JSON strings holding data URLs. Of a file or a
/// long text only a piece is held at a time.
class body_stream {
public:
  /// What to write next. A `piece` has to be read by the files actor; what it answers follows `text`.
  struct step {
    std::string text;
    std::optional<file_piece> piece;
  };

  body_stream() = default;
  explicit body_stream(answer_text parts) : parts_{std::move(parts)} {
    // nop
  }

  bool empty() const { return front_ == parts_.size(); }
  step next();

private:
  step next_of_text(const text_slice& slice);
  step next_of_file(const output_file& file);
  step next_of_bytes(const raw_file& file);

  answer_text parts_;
  size_t front_ = 0;      // of `parts_`
  uint64_t offset_ = 0;   // into the file or the long text in front
};

}   // namespace cog
