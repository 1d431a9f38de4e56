#include "process/line_buffer.hpp"
#include <utility>

namespace cog {

namespace {

/// The length of the longest start of `text` that is no longer than `most` and ends with a whole character.
size_t whole_characters(std::string_view text, size_t most) {
  if (text.size() <= most)
    return text.size();
  auto end = most;
  while (end > 0 && most - end < 4 && (text[end] & 0xC0) == 0x80)
    --end;
  return end > 0 && (text[end] & 0xC0) != 0x80 ? end : most;
}

}   // namespace

void line_buffer::add(std::string_view text, const line_handler& tell) {
  while (!text.empty()) {
    auto end = text.find_first_of("\r\n");
    add_part(text.substr(0, end), tell);
    if (end == text.npos)
      return;
    if (text[end] == '\n')
      tell_line(tell);
    else
      returned_ = true;
    text.remove_prefix(end + 1);
  }
}

void line_buffer::finish(const line_handler& tell) {
  if (!line_.empty())
    tell_line(tell);
  returned_ = false;
}

void line_buffer::add_part(std::string_view part, const line_handler& tell) {
  if (part.empty())
    return;
  if (std::exchange(returned_, false))
    line_.clear();
  while (line_.size() + part.size() > limit) {
    auto fitting = whole_characters(part, limit - line_.size());
    line_ += part.substr(0, fitting);
    part.remove_prefix(fitting);
    tell_line(tell);
  }
  line_ += part;
}

void line_buffer::tell_line(const line_handler& tell) {
  returned_ = false;
  tell(line_);
  line_.clear();
}

}   // namespace cog
