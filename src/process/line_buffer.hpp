#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace cog {

/// Makes lines of text that comes in pieces. A line that does not end is cut where it reaches `limit`; of one that is
/// written over and over, as progress bars do with `\r`, only the last state counts.
class line_buffer {
public:
  static constexpr size_t limit = 64 * 1024;   // bytes

  using line_handler = std::function<void(std::string_view)>;

  /// Tells every line that ends in `text`, without its end.
  void add(std::string_view text, const line_handler& tell);

  /// Tells what has no end, if there is anything.
  void finish(const line_handler& tell);

private:
  void add_part(std::string_view part, const line_handler& tell);
  void tell_line(const line_handler& tell);

  std::string line_;
  bool returned_ = false;   // a `\r` has come: what follows it, but for `\n`, replaces the line
};

}   // namespace cog
