#pragma once
#include "prediction/part_head.hpp"
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cog {

/// Who gets the parts of a multipart body.
class part_taker {
public:
  virtual void on_part(part_head head) = 0;
  /// The next bytes of the part; none of it is kept.
  virtual void on_data(std::string_view bytes) = 0;
  virtual void on_part_end() = 0;

protected:
  ~part_taker() = default;
};

/// Reads a `multipart/form-data` body (RFC 7578, RFC 2046), given in pieces of any size, of which it keeps nothing but the
/// head of a part: 16 KiB at most. What stands before the first boundary and behind the last one is dropped. At most 1000
/// parts.
class multipart_parser {
public:
  /// `boundary` as `boundary_of` gives it.
  explicit multipart_parser(std::string_view boundary) : delimiter_{"\r\n--" + std::string{boundary}} {
    // nop
  }

  /// Takes all of the bytes. False once the body is malformed; then nothing more is to be given.
  bool take(std::string_view bytes, part_taker& taker);
  /// There is no more. False when it should have gone on.
  bool finish();

  /// What is wrong, `<what> at byte <n>`; empty while nothing is.
  const std::string& problem() const { return problem_; }

private:
  enum class state : uint8_t { data, boundary_end, first_dash, line_end, head, epilogue };

  size_t take_data(std::string_view bytes, part_taker& taker);
  void on_delimiter(part_taker& taker);
  size_t take_boundary_end(char letter);
  size_t take_head(std::string_view bytes, part_taker& taker);
  void end_head(part_taker& taker);
  void fail(std::string_view what, uint64_t at);

  const std::string delimiter_;
  state state_ = state::data;
  size_t matched_ = 2;   // bytes of the delimiter
  size_t implied_ = 2;   // of them: a line end that came before the data, or none at the body's start
  bool in_part_ = false;
  uint64_t parts_ = 0;
  uint64_t at_ = 0;        // bytes taken before the piece that is being taken
  uint64_t head_at_ = 0;   // where the head begins
  std::string head_;
  std::string problem_;
};

/// The boundary that a Content-Type names: 1 to 70 of the characters that RFC 2046 allows. None: it names no such one.
std::optional<std::string> boundary_of(std::string_view content_type);

}   // namespace cog
