#pragma once
#include "prediction/shared_text.hpp"
#include <array>
#include <cstdint>
#include <string>

namespace cog {

/// What one prediction prints, as the inside of a JSON string: escaped once, when it comes, for answers, streams and
/// webhooks alike.
class log_text {
public:
  /// `limit`: COG_MAX_LOG_BYTES, counted as printed. `buffer` is where the text goes.
  log_text(uint64_t limit, const account_ptr& account) : limit_{limit}, account_{account}, buffer_{account} {
    // nop
  }

  /// Keeps what fits under the limit, and while the account is not full; then one mark that says which, and no more. What is no UTF-8 becomes U+FFFD, but a character that
  /// comes in two pieces from one source is put together. Returns what was added, empty if nothing.
  text_slice add(bool from_stderr, std::string_view printed);
  /// What has come of a character that will not be completed.
  text_slice end();

  const shared_text& text() const { return text_; }
  /// Bytes that the account has counted.
  uint64_t allocated() const { return buffer_.allocated(); }

private:
  text_slice append(std::string_view printed);

  uint64_t limit_;
  account_ptr account_;
  uint64_t printed_ = 0;   // bytes
  bool ended_ = false;
  std::array<std::string, 2> begun_;   // a character of which more is to come, by source
  text_buffer buffer_;
  shared_text text_;
};

}   // namespace cog
