#include "cli/console.hpp"
#include <cstdlib>
#include <iostream>
#include <unistd.h>

namespace cog {

namespace {

bool is_set(const char* name) {
  auto* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool dumb_terminal() {
  auto* value = std::getenv("TERM");
  return value != nullptr && std::string_view{value} == "dumb";
}

}   // namespace

console::console()
  : color{!is_set("NO_COLOR") && !is_set("COG_NO_COLOR") && !dumb_terminal() && isatty(STDERR_FILENO) != 0} {
  // nop
}

void console::debug(std::string_view text) const {
  if (show_debug)
    print("\x1b[2m", "", text);
}

void console::info(std::string_view text) const {
  print("", text.empty() ? "" : "⚙ ", text);
}

void console::warn(std::string_view text) const {
  print("\x1b[33m", "⚠ ", text);
}

void console::error(std::string_view text) const {
  print("\x1b[31m", "✗ ", text);
}

void console::success(std::string_view text) const {
  print("\x1b[32m", "✔ ", text);
}

void console::print(std::string_view style, std::string_view icon, std::string_view text) const {
  if (color)
    std::cerr << style << icon << text << (style.empty() ? "" : "\x1b[0m") << '\n';
  else
    std::cerr << text << '\n';
}

}   // namespace cog
