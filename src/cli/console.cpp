#include "cli/console.hpp"
#include <cstdlib>
#include <iostream>
#include <sys/ioctl.h>
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

/// Of the terminal, less one so that nothing wraps.
size_t line_width() {
  constexpr size_t usual = 79;
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - size_t{1} : usual;
}

/// The start of a text that fits in a line: no control characters, whole characters only.
std::string fitting(std::string_view text, size_t width) {
  std::string kept;
  size_t count = 0;
  for (char letter : text) {
    auto byte = static_cast<unsigned char>(letter);
    bool starts = (byte & 0xC0) != 0x80;
    if (starts && count == width)
      break;
    count += starts ? 1 : 0;
    kept += byte < ' ' || byte == 127 ? ' ' : letter;
  }
  return kept;
}

}   // namespace

console::console()
  : color{!is_set("NO_COLOR") && !is_set("COG_NO_COLOR") && !dumb_terminal() && isatty(STDERR_FILENO) != 0},
    terminal{!dumb_terminal() && isatty(STDERR_FILENO) != 0} {
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

void console::pass_on(std::string_view text) const {
  if (text.empty())
    return;
  clear_status();
  std::cerr << text << std::flush;
  unfinished_ = text.back() != '\n';
}

void console::status(std::string_view text) const {
  if (!terminal || unfinished_ || left_)
    return;
  std::cerr << "\r\x1b[K" << fitting(text, line_width()) << std::flush;
  status_shown_ = true;
}

void console::clear_status() const {
  if (status_shown_)
    std::cerr << "\r\x1b[K" << std::flush;
  status_shown_ = false;
}

void console::leave_line() const {
  clear_status();
  left_ = true;
}

void console::print(std::string_view style, std::string_view icon, std::string_view text) const {
  clear_status();
  if (unfinished_)
    std::cerr << '\n';
  unfinished_ = left_ = false;
  if (color)
    std::cerr << style << icon << text << (style.empty() ? "" : "\x1b[0m") << '\n';
  else
    std::cerr << text << '\n';
}

}   // namespace cog
