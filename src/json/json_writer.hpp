#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace cog {

/// Writes objects and arrays at the end of a text, member by member; commas come by themselves. The items of an array
/// have an empty name.
class json_writer {
public:
  explicit json_writer(std::string& out) : out_{out} {
    // nop
  }

  /// `bracket`: `{` or `[`; its partner closes.
  void open(std::string_view name, char bracket);
  void close(char bracket);
  /// `json` as it is.
  void raw(std::string_view name, std::string_view json);
  void text(std::string_view name, std::string_view utf8);
  void number(std::string_view name, uint64_t value);
  void flag(std::string_view name, bool value);

private:
  void begin(std::string_view name);

  std::string& out_;
  bool first_ = true;
};

}   // namespace cog
