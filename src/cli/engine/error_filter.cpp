#include "cli/engine/error_filter.hpp"
#include "cli/console.hpp"
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <string>

namespace cog {

namespace {

bool names_missing_driver(const std::string& text) {
  return text.find("could not select device driver") != text.npos ||
    text.find("nvidia-container-cli: initialization error") != text.npos;
}

void write_all(std::string_view text) {
  while (!text.empty()) {
    auto count = write(STDERR_FILENO, text.data(), text.size());
    if (count < 0 && errno != EINTR)
      return;
    text.remove_prefix(count > 0 ? static_cast<size_t>(count) : 0);
  }
}

}   // namespace

error_filter::error_filter() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    throw command_error{std::string{"cannot make a pipe: "} + std::strerror(errno)};
  read_end_.reset(ends[0]);
  write_end_.reset(ends[1]);
  thread_ = std::thread{[this] { pass_on(); }};
}

error_filter::~error_filter() {
  has_seen_missing_driver();
}

bool error_filter::has_seen_missing_driver() {
  write_end_.reset();
  if (thread_.joinable())
    thread_.join();
  return missing_driver_;
}

/// Holds the first line back until it is complete; then nothing more.
void error_filter::pass_on() {
  std::string held;
  bool deciding = true;
  std::array<char, 65536> bytes;   // NOLINT(cppcoreguidelines-pro-type-member-init)
  for (;;) {
    auto count = read(read_end_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      break;
    held.append(bytes.data(), static_cast<size_t>(count));
    if (deciding && held.find('\n') == held.npos)
      continue;
    missing_driver_ = missing_driver_ || (deciding && names_missing_driver(held));
    deciding = false;
    if (!missing_driver_)
      write_all(held);
    held.clear();
  }
  if (names_missing_driver(held))
    missing_driver_ = true;
  else
    write_all(held);
}

}   // namespace cog
