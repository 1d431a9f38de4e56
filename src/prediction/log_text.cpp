#include "prediction/log_text.hpp"
#include "json/json_text.hpp"

namespace cog {

namespace {

constexpr std::string_view mark = R"(\n[**** LOG TRUNCATED: COG_MAX_LOG_BYTES REACHED ****]\n)";
constexpr std::string_view memory_mark = R"(\n[**** LOG TRUNCATED: COG_MAX_OUTPUT_MEMORY REACHED ****]\n)";

/// Bytes at the end of `text` that begin a character and do not complete it.
size_t begun_bytes(std::string_view text) {
  for (size_t count = 1; count <= 3 && count <= text.size(); ++count) {
    auto byte = static_cast<uint8_t>(text[text.size() - count]);
    if (byte < 0x80 || byte > 0xF4)
      return 0;
    if (byte >= 0xC2 && byte <= 0xF4) {
      size_t whole = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
      return count < whole ? count : 0;
    }
  }
  return 0;
}

}   // namespace

text_slice log_text::add(bool from_stderr, std::string_view printed) {
  auto& begun = begun_[from_stderr ? 1 : 0];
  std::string joined;
  if (!begun.empty()) {
    joined = std::move(begun);
    joined += printed;
    printed = joined;
    begun.clear();
  }
  if (auto count = begun_bytes(printed); count > 0) {
    begun = printed.substr(printed.size() - count);
    printed.remove_suffix(count);
  }
  return append(printed);
}

text_slice log_text::end() {
  if (begun_[0].empty() && begun_[1].empty())
    return {};
  auto rest = begun_[0] + begun_[1];
  begun_ = {};
  return append(rest);
}

text_slice log_text::append(std::string_view printed) {
  if (ended_ || printed.empty())
    return {};
  auto room = limit_ - printed_;
  bool full = printed.size() > room;
  if (full) {
    while (room > 0 && (printed[room] & 0xC0) == 0x80)   // not in the middle of a character
      --room;
    printed = printed.substr(0, room);
  }
  printed_ += printed.size();
  std::string escaped;
  escaped.reserve(printed.size() + printed.size() / 16 + mark.size() + 2);
  append_json_string(escaped, printed);
  std::string_view inside{escaped};
  inside = inside.substr(1, inside.size() - 2);
  if (full) {
    escaped.pop_back();
    escaped += mark;
    inside = std::string_view{escaped}.substr(1);
  }
  text_slice added;
  if (!account_ || !account_->is_full())   // what is left then is for outputs
    added = buffer_.append(inside);
  bool refused = added.text.empty();
  if (refused)
    added = {nullptr, memory_mark};
  ended_ = full || refused;
  text_.append(added);
  return added;
}

}   // namespace cog
