#include "prediction/clock_text.hpp"
#include <array>
#include <cstdio>
#include <ctime>

namespace cog {

std::string to_rfc3339(std::chrono::system_clock::time_point moment) {
  auto since_epoch = std::chrono::duration_cast<std::chrono::nanoseconds>(moment.time_since_epoch()).count();
  std::time_t whole = since_epoch / 1000000000;
  std::tm parts{};
  gmtime_r(&whole, &parts);
  std::array<char, 32> date{};
  std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 32> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%09lld+00:00", static_cast<long long>(since_epoch % 1000000000));
  return std::string{date.data()} + fraction.data();
}

}   // namespace cog
