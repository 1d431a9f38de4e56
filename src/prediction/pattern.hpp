#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace cog {

/// A regular expression of a schema, in the syntax of ECMAScript with what Python and Rust have beside it (look-around,
/// named groups, `\A`, `\z`). It is searched anywhere in a string.
class pattern {
public:
  /// Null when the text does not compile; `problem` then says why.
  static std::shared_ptr<const pattern> compile(const std::string& text, std::string& problem);

  virtual ~pattern() = default;

  /// A search that takes too long counts as no match, so that no input can hold the server up.
  /// `subject` must be UTF-8.
  virtual bool matches(std::string_view subject) const = 0;

  const std::string& text() const { return text_; }

protected:
  explicit pattern(std::string text) : text_{std::move(text)} {}

private:
  std::string text_;
};

}   // namespace cog
