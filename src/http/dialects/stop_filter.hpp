#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// Cuts a text that comes in pieces before the first of some strings. What may be the beginning of one is held back until
/// more is known.
class stop_filter {
public:
  stop_filter() = default;
  explicit stop_filter(std::vector<std::string> stops);

  /// What of the text is certain by now.
  std::string add(std::string_view piece);
  /// Nothing more comes: what was held back.
  std::string finish();
  /// A string was found.
  bool has_stopped() const { return stopped_; }

private:
  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}   // namespace cog
