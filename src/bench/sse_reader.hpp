#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace cog::bench {

/// Takes a stream of server-sent events apart, in whatever pieces it comes; lines end with LF or CR LF. Keeps at most one
/// line, and of a long one its start and its end.
class sse_reader {
public:
  /// Gets the name (`message` where none is given) and the last `data` line of each event.
  using handler = std::function<void(std::string_view name, std::string_view data)>;

  explicit sse_reader(handler on_event) : on_event_{std::move(on_event)} {
    // nop
  }

  void append(std::string_view bytes);

  /// For the next stream.
  void clear();

private:
  void keep(std::string_view bytes);
  void take_line(std::string_view line);

  handler on_event_;
  std::string line_;   // begun, its end has not come
  std::string name_, data_;
  bool any_ = false;   // has the event a line of data?
};

}   // namespace cog::bench
