#include "cli/config/words.hpp"
#include <algorithm>
#include <cctype>
#include <numeric>

namespace cog {

namespace {

/// How many letters have to be changed, added or removed.
size_t distance(std::string_view left, std::string_view right) {
  std::vector<size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < left.size(); ++i) {
    auto diagonal = row[0]++;
    for (size_t j = 0; j < right.size(); ++j) {
      auto change = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}   // namespace

std::string_view nearest(std::string_view word, std::initializer_list<std::string_view> names) {
  std::string_view best;
  size_t least = 3;
  for (auto name : names)
    if (auto apart = distance(word, name); apart < least && apart < word.size()) {
      best = name;
      least = apart;
    }
  return best;
}

std::vector<std::string> split(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  for (;;) {
    auto end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos)
      return parts;
    text.remove_prefix(end + separator.size());
  }
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view white = " \t\r\n\v\f";
  auto begin = text.find_first_not_of(white);
  if (begin == std::string_view::npos)
    return {};
  return std::string{text.substr(begin, text.find_last_not_of(white) - begin + 1)};
}

std::string lower_case(std::string_view text) {
  std::string lower{text};
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string all;
  for (auto& word : words) {
    if (&word != &words.front())
      all += separator;
    all += word;
  }
  return all;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

}   // namespace cog
