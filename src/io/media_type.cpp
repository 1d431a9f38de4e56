#include "io/media_type.hpp"
#include <algorithm>
#include <array>
#include <utility>

namespace cog {

namespace {

/// Extension and media type, out of the table of the Python package. Of an extension's rows, and of a type's, the first
/// one counts.
constexpr auto table = std::to_array<std::pair<std::string_view, std::string_view>>({
#include "io/media_types.inc"
});

bool same_letters(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

}   // namespace

std::string_view extension_of_name(std::string_view file_name) {
  auto base = file_name.substr(file_name.rfind('/') + 1);
  auto dot = base.rfind('.');
  return dot == base.npos || dot == 0 ? std::string_view{} : base.substr(dot);
}

std::string_view known_media_type(std::string_view file_name) {
  auto extension = extension_of_name(file_name);
  auto known = std::find_if(table.begin(), table.end(), [&](auto& row) { return same_letters(extension, row.first); });
  return known == table.end() ? std::string_view{} : known->second;
}

std::string_view known_extension(std::string_view media_type) {
  auto known = std::find_if(table.begin(), table.end(), [&](auto& row) { return row.second == media_type; });
  return known == table.end() ? std::string_view{} : known->first;
}

}   // namespace cog
