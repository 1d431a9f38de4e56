#include "cli/deploy/quantity.hpp"
#include "cli/config/words.hpp"
#include "cli/console.hpp"
#include <array>
#include <charconv>
#include <optional>
#include <regex>
#include <string_view>

namespace cog {

namespace {

constexpr uint64_t most_seconds = 365 * 24 * 3600;

[[noreturn]] void refuse(const std::string& flag, const std::string& text, const std::string& wanted) {
  throw usage_error{flag + " " + text + ": must be " + wanted};
}

std::optional<uint64_t> number_of(std::string_view digits) {
  uint64_t number = 0;
  const auto* last = digits.data() + digits.size();
  auto [end, error] = std::from_chars(digits.data(), last, number);
  return error == std::errc{} && end == last ? std::optional{number} : std::nullopt;
}

}   // namespace

uint64_t read_seconds(const std::string& flag, const std::string& text) {
  static const std::regex form{"(?:([0-9]{1,7})h)?(?:([0-9]{1,7})m)?(?:([0-9]{1,9})s?)?"};
  std::smatch parts;
  uint64_t seconds = 0;
  if (!text.empty() && std::regex_match(text, parts, form)) {
    constexpr std::array<uint64_t, 3> units{3600, 60, 1};
    for (size_t i = 0; i < units.size(); ++i)
      seconds += number_of(parts.str(i + 1)).value_or(0) * units[i];
  }
  if (seconds == 0 || seconds > most_seconds)
    refuse(flag, text, "a time of at least a second and at most a year, as in 25s, 30m or 1h30m");
  return seconds;
}

uint64_t read_bytes(const std::string& flag, const std::string& text) {
  static const std::regex form{"([0-9]{1,12})(?:\\.([0-9]{1,3}))?(k|M|G|T|Ki|Mi|Gi|Ti)?"};
  constexpr std::array<std::pair<std::string_view, uint64_t>, 9> units{{{"", 1},
                                                                        {"k", 1'000},
                                                                        {"M", 1'000'000},
                                                                        {"G", 1'000'000'000},
                                                                        {"T", 1'000'000'000'000},
                                                                        {"Ki", 1ULL << 10},
                                                                        {"Mi", 1ULL << 20},
                                                                        {"Gi", 1ULL << 30},
                                                                        {"Ti", 1ULL << 40}}};
  std::smatch parts;
  long double bytes = 0;
  if (std::regex_match(text, parts, form))
    for (auto& [name, size] : units)
      if (parts.str(3) == name)
        bytes = std::stold(parts.str(1) + "." + parts.str(2) + "0") * size;
  if (bytes < 1 || bytes > 1e18L)
    refuse(flag, text, "an amount as in 512Mi, 2Gi or 1.5G");
  return static_cast<uint64_t>(bytes);
}

void check_cpu(const std::string& flag, const std::string& text) {
  static const std::regex form{"[0-9]{1,6}m|[0-9]{1,4}(\\.[0-9]{1,3})?"};
  if (!std::regex_match(text, form) || text.find_first_of("123456789") == text.npos)
    refuse(flag, text, "a number of cores, as in 2, 0.5 or 500m");
}

span read_span(const std::string& flag, const std::string& text) {
  auto colon = text.find(':');
  auto least = number_of(std::string_view{text}.substr(0, colon));
  auto most = colon == text.npos ? std::nullopt : number_of(std::string_view{text}.substr(colon + 1));
  constexpr uint64_t most_pods = 10'000;
  if (!least || !most || *most < 1 || *most < *least || *most > most_pods)
    refuse(flag, text, "the least and the most pods, as in 1:10");
  return {*least, *most};
}

}   // namespace cog
