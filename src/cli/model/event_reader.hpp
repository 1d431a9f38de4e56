#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace cog {

/// Takes a stream of server-sent events apart, in whatever pieces it comes.
class event_reader {
public:
  using handler = std::function<void(std::string_view name, std::string_view data)>;

  explicit event_reader(handler on_event) : on_event_{std::move(on_event)} {
    // nop
  }

  void append(std::string_view bytes) {
    text_ += bytes;
    for (size_t end = 0; (end = text_.find("\n\n")) != text_.npos; text_.erase(0, end + 2))
      read(std::string_view{text_}.substr(0, end));
  }

private:
  void read(std::string_view event) const {
    std::string_view name, data;
    while (!event.empty()) {
      auto line = event.substr(0, event.find('\n'));
      event.remove_prefix(std::min(line.size() + 1, event.size()));
      if (line.starts_with("event: "))
        name = line.substr(7);
      else if (line.starts_with("data: "))
        data = line.substr(6);
    }
    if (!name.empty())
      on_event_(name, data);
  }

  handler on_event_;
  std::string text_;
};

}   // namespace cog
