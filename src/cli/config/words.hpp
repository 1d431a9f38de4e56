#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// The name that a mistyped `word` most likely stands for: at most two letters apart; else empty.
std::string_view nearest(std::string_view word, std::initializer_list<std::string_view> names);

std::vector<std::string> split(std::string_view text, std::string_view separator);

/// Without white space at both ends.
std::string trimmed(std::string_view text);

std::string lower_case(std::string_view text);

/// `a, b, c`
std::string joined(const std::vector<std::string>& words, std::string_view separator = ", ");

/// Are all characters decimal digits, at least one?
bool is_number(std::string_view text);

}   // namespace cog
