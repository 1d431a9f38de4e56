#pragma once
#include "prediction/shared_text.hpp"
#include <cstdint>
#include <optional>
#include <string_view>

namespace cog {

/// In which order a prediction has told things: of output and logs, which are kept elsewhere, how many bytes came when;
/// of metrics everything. An entry takes one or two bytes beside a metric's own.
class event_journal {
public:
  enum class entry_kind : uint8_t { start, output, log, error_log, metric };

  /// One entry, as it is read again.
  struct entry {
    entry_kind kind = entry_kind::start;
    uint64_t bytes = 0;   // of output or log
    uint8_t mode = 0;     // of a metric, like the rest
    std::string_view name;
    text_slice value;
  };

  explicit event_journal(account_ptr account) : buffer_{std::move(account)} {
    // nop
  }

  /// False: the account is full, and nothing was added.
  bool add(entry_kind kind, uint64_t bytes = 0);
  /// Returns where the value (JSON) is kept; without a holder it is not, since the account is full.
  text_slice add_metric(uint8_t mode, std::string_view name, std::string_view value);

  const shared_text& text() const { return text_; }
  /// Bytes that the account has counted.
  uint64_t allocated() const { return buffer_.allocated(); }

  /// Takes the next entry from the text of a journal; none at its end.
  static std::optional<entry> take(text_reader& text);

private:
  text_buffer buffer_;
  shared_text text_;
};

}   // namespace cog
