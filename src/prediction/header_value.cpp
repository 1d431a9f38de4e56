#include "prediction/header_value.hpp"
#include <algorithm>

namespace cog {

namespace {

constexpr std::string_view spaces = " \t";

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter;
}

std::string_view trim(std::string_view text) {
  auto begin = text.find_first_not_of(spaces);
  return begin == text.npos ? std::string_view{} : text.substr(begin, text.find_last_not_of(spaces) + 1 - begin);
}

/// Takes a quoted text from the front, quotes included. False when it does not end.
bool take_quoted(std::string_view& text, std::string& value) {
  for (size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '"') {
      text.remove_prefix(at + 1);
      return true;
    }
    bool escapes = text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\');
    value += text[escapes ? ++at : at];
  }
  return false;
}

}   // namespace

const std::string* header_value::find(std::string_view name) const {
  auto known = std::find_if(parameters.begin(), parameters.end(), [&](auto& one) { return one.first == name; });
  return known == parameters.end() ? nullptr : &known->second;
}

std::optional<header_value> read_header_value(std::string_view text) {
  header_value value;
  auto end = std::min(text.find(';'), text.size());
  value.word = trim(text.substr(0, end));
  auto rest = trim(text.substr(end));
  while (!rest.empty()) {
    if (rest.front() != ';')
      return {};
    rest = trim(rest.substr(1));
    if (rest.empty() || rest.front() == ';')
      continue;
    auto equals = rest.find('=');
    if (equals == rest.npos || equals > rest.find(';'))
      return {};
    std::string name{trim(rest.substr(0, equals))};
    std::transform(name.begin(), name.end(), name.begin(), lower);
    rest = trim(rest.substr(equals + 1));
    std::string content;
    if (rest.starts_with('"')) {
      if (!take_quoted(rest, content))
        return {};
    } else {
      auto length = std::min(rest.find(';'), rest.size());
      content = trim(rest.substr(0, length));
      rest.remove_prefix(length);
      if (content.find_first_of(" \t\"\\=") != content.npos)
        return {};
    }
    rest = trim(rest);
    if (name.empty() || value.find(name) != nullptr)
      return {};
    value.parameters.emplace_back(std::move(name), std::move(content));
  }
  return value;
}

bool is_same_word(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

}   // namespace cog
