#pragma once
#include "actors/messages.hpp"
#include "prediction/answer.hpp"
#include <optional>
#include <string>

namespace cog {

/// What is left of an answer's body: texts, and files that are written as JSON strings holding data URLs. A file is
/// never held whole.
class body_stream {
public:
  /// What to write next. A `piece` has to be encoded by the files actor; its base64 follows `text`.
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
  step next_of_file(const output_file& file);

  answer_text parts_;
  size_t front_ = 0;      // of `parts_`
  uint64_t offset_ = 0;   // into the file in front
};

}   // namespace cog
