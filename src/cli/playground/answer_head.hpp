#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace cog::playground {

/// An answer of our own, whole. `headers`: complete lines without their line ends.
std::string make_answer(unsigned status, std::string_view content_type, std::string_view body,
                        const std::vector<std::string>& headers, bool keep_alive);

/// `{"error": ...}`
std::string error_body(std::string_view text);

/// The start of an answer that is passed on, made of the header lines that a target sent.
class answer_head {
public:
  /// A line of the target's as it came. True: this was the last one of an answer's head, other than `100 Continue`.
  bool take(std::string_view line);

  unsigned status() const { return status_; }

  /// How the body's end is known, which `text` decides.
  bool is_chunked() const { return chunked_; }
  /// It ends when the connection does.
  bool is_open_ended() const { return open_ended_; }

  /// What our client gets. `for_head`: there is no body, whatever the fields say. `version`: the client's, 10 or 11.
  std::string text(bool for_head, unsigned version, bool keep_alive);

private:
  void take_field(std::string_view line);

  unsigned status_ = 0;
  std::string length_;
  std::string fields_;
  bool chunked_ = false;
  bool open_ended_ = false;
};

}   // namespace cog::playground
