#include "cli/said_today.hpp"
#include "cli/config/state_folder.hpp"
#include <array>
#include <ctime>
#include <fstream>

namespace cog {

namespace {

/// `2026-03-31`, as the clock on the wall has it.
std::string today() {
  auto now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  std::array<char, 16> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%F", &parts)};
}

/// Where it is noted; empty: nowhere.
std::string notes_of(const std::string& project) {
  try {
    return state_folder(project) + "/said_today";
  } catch (const command_error&) {
    return {};
  }
}

}   // namespace

void warn_once_a_day(const console& messages, const std::string& folder, const std::string& text) {
  auto place = notes_of(folder);
  std::ifstream before{place};
  std::string day;
  std::getline(before, day);
  bool same_day = day == today();
  for (std::string line; same_day && std::getline(before, line);)
    if (line == text)
      return;
  messages.warn(text);
  std::ofstream noted{place, same_day ? std::ios::app : std::ios::trunc};
  if (!same_day)
    noted << today() << '\n';
  noted << text << '\n';
}

}   // namespace cog
