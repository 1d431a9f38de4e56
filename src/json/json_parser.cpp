#include "json/json_tree.hpp"
#include <algorithm>
#include <cctype>
#include <cmath>
#include <simdjson.h>

namespace cog {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Plain recursive descent. The first problem is kept; every level it leaves adds its key in front.
class json_parser {
public:
  explicit json_parser(std::string_view text) : text_{text} {}

  bool document(json_value& out) {
    if (!value(out, 0))
      return false;
    skip_space();
    return pos_ == text_.size() || fail("trailing characters", pos_ + 1);
  }

  json_error error() const {
    auto prefix = path_.empty() ? std::string{} : path_ + ": ";
    return prefix + problem_ + json_position(text_, std::min(problem_at_, text_.size()));
  }

private:
  bool fail(const char* problem, size_t at) {
    problem_ = problem;
    problem_at_ = at;
    return false;
  }

  char peek() const { return pos_ < text_.size() ? text_[pos_] : '\0'; }

  bool at_end() const { return pos_ >= text_.size(); }

  void skip_space() {
    while (!at_end() && (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t'))
      ++pos_;
  }

  bool value(json_value& out, int depth) {
    skip_space();
    if (at_end())
      return fail("EOF while parsing a value", pos_);
    auto begin = pos_;
    if (!token(out, depth))
      return false;
    out.raw = text_.substr(begin, pos_ - begin);
    return true;
  }

  bool token(json_value& out, int depth) {
    switch (peek()) {
      case '{':
        return object(out, depth + 1);
      case '[':
        return array(out, depth + 1);
      case '"':
        out.kind = json_kind::string;
        return string(out.escaped);
      case 't':
        out.kind = json_kind::boolean;
        return literal("true");
      case 'f':
        out.kind = json_kind::boolean;
        return literal("false");
      case 'n':
        out.kind = json_kind::null;
        return literal("null");
      default:
        out.kind = json_kind::number;
        return peek() == '-' || is_digit(peek()) ? number() : fail("expected value", pos_ + 1);
    }
  }

  bool literal(std::string_view word) {
    for (auto c : word) {
      if (at_end())
        return fail("EOF while parsing a value", pos_);
      if (text_[pos_++] != c)
        return fail("expected ident", pos_);
    }
    return true;
  }

  bool digits() {
    if (at_end())
      return fail("EOF while parsing a value", pos_);
    if (!is_digit(peek()))
      return fail("invalid number", pos_ + 1);
    while (is_digit(peek()))
      ++pos_;
    return true;
  }

  bool number() {
    auto begin = pos_;
    if (peek() == '-')
      ++pos_;
    if (peek() == '0') {
      ++pos_;
      if (is_digit(peek()))
        return fail("invalid number", pos_ + 1);
    } else if (!digits()) {
      return false;
    }
    if (peek() == '.') {
      ++pos_;
      if (!digits())
        return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++pos_;
      if (peek() == '+' || peek() == '-')
        ++pos_;
      if (!digits())
        return false;
    }
    return std::isfinite(number_value(text_.substr(begin, pos_ - begin))) || fail("number out of range", pos_);
  }

  bool string(bool& escaped) {
    auto begin = ++pos_;
    for (; !at_end() && peek() != '"'; ++pos_) {
      if (static_cast<uint8_t>(peek()) < 0x20)
        return fail("control character (\\u0000-\\u001F) found while parsing a string", pos_ + 1);
      if (peek() == '\\') {
        escaped = true;
        if (!escape())
          return false;
      }
    }
    if (at_end())
      return fail("EOF while parsing a string", text_.size());
    auto inner = text_.substr(begin, pos_ - begin);
    ++pos_;
    return simdjson::validate_utf8(inner.data(), inner.size()) || fail("invalid unicode code point", pos_);
  }

  /// Stops at the last character of the escape.
  bool escape() {
    auto c = ++pos_ < text_.size() ? text_[pos_] : '\0';
    if (at_end())
      return fail("EOF while parsing a string", pos_);
    if (c != 'u')
      return valid_escapes(text_.substr(pos_ - 1, 2)) || fail("invalid escape", pos_ + 1);
    if (valid_escapes(text_.substr(pos_ - 1, 6))) {
      pos_ += 4;
      return true;
    }
    if (pos_ + 4 >= text_.size())
      return fail("EOF while parsing a string", text_.size());
    for (auto digit : text_.substr(pos_ + 1, 4))
      if (!std::isxdigit(static_cast<uint8_t>(digit)))
        return fail("invalid escape", pos_ + 5);
    auto high = std::string_view{"89abAB"}.find(text_[pos_ + 2]) != std::string_view::npos;
    if (!high)
      return fail("lone leading surrogate in hex escape", pos_ + 5);
    if (text_.substr(pos_ + 5, 2) != "\\u")
      return fail(pos_ + 5 < text_.size() ? "unexpected end of hex escape" : "EOF while parsing a string", pos_ + 6);
    if (!valid_escapes(text_.substr(pos_ - 1, 12)))
      return fail("lone leading surrogate in hex escape", pos_ + 11);
    pos_ += 10;
    return true;
  }

  bool array(json_value& out, int depth) {
    out.kind = json_kind::array;
    if (depth > max_json_depth)
      return fail("recursion limit exceeded", pos_ + 1);
    ++pos_;
    for (size_t index = 0;; ++index) {
      skip_space();
      if (at_end())
        return fail(index == 0 ? "EOF while parsing a list" : "EOF while parsing a value", pos_);
      if (peek() == ']')
        return index == 0 ? ++pos_ != 0 : fail("trailing comma", pos_ + 1);
      if (!value(out.items.emplace_back(), depth))
        return left("[" + std::to_string(index) + "]");
      skip_space();
      if (at_end())
        return fail("EOF while parsing a list", pos_);
      if (peek() == ']')
        return ++pos_ != 0;
      if (text_[pos_++] != ',')
        return fail("expected `,` or `]`", pos_);
    }
  }

  bool object(json_value& out, int depth) {
    out.kind = json_kind::object;
    if (depth > max_json_depth)
      return fail("recursion limit exceeded", pos_ + 1);
    ++pos_;
    while (member(out, depth))
      continue;
    if (!problem_.empty())
      return false;
    std::stable_sort(out.members.begin(), out.members.end(),
                     [](auto& left, auto& right) { return left.key < right.key; });
    auto kept = out.members.begin();
    for (auto it = out.members.begin(); it != out.members.end(); ++it) {
      if (std::next(it) != out.members.end() && std::next(it)->key == it->key)
        continue;
      if (kept != it)
        *kept = std::move(*it);
      ++kept;
    }
    out.members.erase(kept, out.members.end());
    return true;
  }

  /// False at the end of the object, and when something is wrong.
  bool member(json_value& out, int depth) {
    auto first = out.members.empty();
    skip_space();
    if (at_end())
      return fail(first ? "EOF while parsing an object" : "EOF while parsing a value", pos_);
    if (peek() == '}' && first) {
      ++pos_;
      return false;
    }
    if (peek() != '"')
      return fail(peek() == '}' ? "trailing comma" : "key must be a string", pos_ + 1);
    json_token key;
    auto begin = pos_;
    if (!string(key.escaped))
      return false;
    key.raw = text_.substr(begin, pos_ - begin);
    std::string scratch;
    auto& [name, child] = out.members.emplace_back(json_member{std::string{string_content(key, scratch)}, {}});
    skip_space();
    if (at_end())
      return fail("EOF while parsing an object", pos_);
    if (text_[pos_++] != ':')
      return fail("expected `:`", pos_);
    if (!value(child, depth))
      return left(name);
    skip_space();
    if (at_end())
      return fail("EOF while parsing an object", pos_);
    auto next = text_[pos_++];
    if (next != ',' && next != '}')
      return fail("expected `,` or `}`", pos_);
    return next == ',';
  }

  bool left(const std::string& segment) {
    auto dot = path_.empty() || path_.front() == '[' ? "" : ".";
    path_ = segment + dot + path_;
    return false;
  }

  std::string_view text_;
  size_t pos_ = 0;
  std::string problem_;
  size_t problem_at_ = 0;
  std::string path_;
};

}   // namespace

std::optional<json_value> parse_json(std::string_view text, json_error& error) {
  json_parser parser{text};
  json_value value;
  if (parser.document(value))
    return value;
  error = parser.error();
  return std::nullopt;
}

std::string json_position(std::string_view text, size_t offset) {
  auto before = text.substr(0, offset);
  auto line = std::count(before.begin(), before.end(), '\n') + 1;
  auto start = before.rfind('\n');
  auto column = start == std::string_view::npos ? offset : offset - start - 1;
  return " at line " + std::to_string(line) + " column " + std::to_string(column);
}

}   // namespace cog
