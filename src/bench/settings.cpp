#include "bench/settings.hpp"
#include <array>
#include <charconv>

namespace cog::bench {

std::string short_number(double value) {
  std::array<char, 400> text{};
  std::string_view number{text.data(),
                          std::to_chars(text.begin(), text.end(), value, std::chars_format::general, 6).ptr};
  if (number.find('e') != number.npos)
    number = {text.data(), std::to_chars(text.begin(), text.end(), value, std::chars_format::fixed).ptr};
  return std::string{number};
}

std::string name_of(const load_step& step) {
  if (step.is_open())
    return short_number(step.rate) + "/s";
  return std::to_string(step.clients) + (step.clients == 1 ? " client" : " clients");
}

}   // namespace cog::bench
