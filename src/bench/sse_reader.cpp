#include "bench/sse_reader.hpp"

namespace cog::bench {

namespace {

constexpr size_t kept_at_each_end = 32 * 1024;   // bytes of a line

/// The text after `field:` and one space; false when the line is another field.
bool read_field(std::string_view line, std::string_view field, std::string& value) {
  if (!line.starts_with(field) || (line.size() > field.size() && line[field.size()] != ':'))
    return false;
  line.remove_prefix(std::min(field.size() + 1, line.size()));
  if (line.starts_with(' '))
    line.remove_prefix(1);
  value.assign(line);
  return true;
}

}   // namespace

void sse_reader::append(std::string_view bytes) {
  for (size_t end = 0; (end = bytes.find('\n')) != bytes.npos; bytes.remove_prefix(end + 1)) {
    auto line = bytes.substr(0, end);
    if (!line_.empty()) {
      keep(line);
      line = line_;
    }
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    take_line(line);
    line_.clear();
  }
  keep(bytes);
}

void sse_reader::clear() {
  line_.clear();
  name_.clear();
  data_.clear();
  any_ = false;
}

void sse_reader::keep(std::string_view bytes) {
  line_ += bytes;
  if (line_.size() > 4 * kept_at_each_end)
    line_.erase(kept_at_each_end, line_.size() - 2 * kept_at_each_end);
}

void sse_reader::take_line(std::string_view line) {
  if (!line.empty()) {
    if (!read_field(line, "event", name_) && read_field(line, "data", data_))
      any_ = true;
    return;
  }
  if (any_)
    on_event_(name_.empty() ? "message" : std::string_view{name_}, data_);
  name_.clear();
  data_.clear();
  any_ = false;
}

}   // namespace cog::bench
