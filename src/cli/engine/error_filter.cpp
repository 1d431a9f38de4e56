#include "cli/engine/error_filter.hpp"
#include "cli/engine/pipe.hpp"
#include <string>
#include <utility>

namespace cog {

namespace {

constexpr size_t longest_start = 65536;   // bytes that may come before the end of the first line

bool names_missing_driver(const std::string& text) {
  return text.find("could not select device driver") != text.npos ||
    text.find("nvidia-container-cli: initialization error") != text.npos;
}

}   // namespace

error_filter::error_filter(int output) : output_{output} {
  auto ends = make_pipe();
  read_end_ = std::move(ends[0]);
  write_end_ = std::move(ends[1]);
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

/// Holds the first line back until it is complete, or too long to wait for its end; then nothing more.
void error_filter::pass_on() {
  std::string held;
  bool deciding = true;
  read_to_end(read_end_.get(), [&](std::string_view text) {
    held += text;
    if (deciding && held.find('\n') == held.npos && held.size() < longest_start)
      return;
    missing_driver_ = missing_driver_ || (deciding && names_missing_driver(held));
    deciding = false;
    if (!missing_driver_)
      write_all(output_, held);
    held.clear();
  });
  if (names_missing_driver(held))
    missing_driver_ = true;
  else
    write_all(output_, held);
}

}   // namespace cog
