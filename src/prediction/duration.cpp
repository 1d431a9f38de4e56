#include "prediction/duration.hpp"
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace cog {

namespace {

using seconds = std::chrono::duration<double>;

constexpr double longest = 10 * 365 * 86400.0;   // seconds; a clock of nanoseconds has room for it

struct unit {
  std::string_view name;
  double seconds;
};

constexpr std::array<unit, 4> units{{{"h", 3600}, {"m", 60}, {"s", 1}, {"ms", 1e-3}}};

/// Takes a number without a sign or an exponent from the front of the text.
std::optional<double> take_number(std::string_view& text) {
  auto length = std::min(text.find_first_not_of("0123456789."), text.size());
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + length, number, std::chars_format::fixed);
  if (error == std::errc::result_out_of_range)
    number = longest;
  else if (error != std::errc{} || end != text.data() + length || text.front() == '.')
    return {};
  text.remove_prefix(length);
  return number;
}

}   // namespace

std::optional<std::chrono::nanoseconds> read_duration(std::string_view text) {
  double sum = 0;
  const auto* next = units.begin();
  bool bare = text.find_first_not_of("0123456789.") == std::string_view::npos;
  while (!text.empty()) {
    auto number = take_number(text);
    if (!number)
      return {};
    auto name = bare ? std::string_view{"s"} : text.substr(0, text.find_first_of("0123456789."));
    const auto* found = std::find_if(next, units.end(), [&](const unit& which) { return which.name == name; });
    if (found == units.end())
      return {};
    sum += *number * found->seconds;
    next = found + 1;
    if (!bare)
      text.remove_prefix(name.size());
  }
  if (sum <= 0)
    return {};
  auto length = std::chrono::duration_cast<std::chrono::nanoseconds>(seconds{std::min(sum, longest)});
  return std::max(length, std::chrono::nanoseconds{1});
}

std::string duration_text(seconds length) {
  auto ms = std::max<int64_t>(1, std::llround(length.count() * 1e3));
  if (ms < 1000)
    return std::to_string(ms) + " ms";
  auto text = std::to_string(ms / 1000);
  if (auto rest = ms % 1000; rest > 0) {
    auto digits = std::to_string(1000 + rest).substr(1);
    text += "." + digits.substr(0, digits.find_last_not_of('0') + 1);
  }
  return text + " s";
}

}   // namespace cog
