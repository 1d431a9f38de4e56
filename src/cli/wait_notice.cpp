#include "cli/wait_notice.hpp"
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <sys/file.h>
#include <unistd.h>

namespace cog {

namespace {

using std::chrono::seconds;

constexpr seconds first_news{10};
constexpr seconds first_status{1};   // what is over before that needs no line

}   // namespace

wait_notice::wait_notice(const console& messages, std::string what, clock::time_point now)
  : messages_{messages}, what_{std::move(what)}, started_{now}, next_{now + first_news} {
  // nop
}

wait_notice::~wait_notice() {
  messages_.clear_status();
}

void wait_notice::tell(std::string_view detail, clock::time_point now) {
  auto passed = std::chrono::duration_cast<seconds>(now - started_);
  auto text = what_ + " after " + std::to_string(passed.count()) + " s";
  if (messages_.terminal) {
    if (passed >= first_status)
      messages_.status("Waiting for " + text + (detail.empty() ? "" : ": ") + std::string{detail});
    return;
  }
  if (now < next_)
    return;
  messages_.info("Still waiting for " + text + (detail.empty() ? "..." : ": ") + std::string{detail});
  next_ = started_ + 2 * (next_ - started_);
}

bool lock_when_free(int descriptor, wait_notice& notice) {
  constexpr useconds_t interval = 100'000;
  while (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return false;
    notice.tell();
    usleep(interval);
  }
  return true;
}

std::string progress_bar(uint64_t done, uint64_t whole) {
  constexpr uint64_t width = 20;
  if (whole == 0)
    return {};
  done = std::min(done, whole);
  auto filled = static_cast<size_t>(done * width / whole);
  return "[" + std::string(filled, '#') + std::string(width - filled, '-') + "] " + std::to_string(done * 100 / whole) +
    " %";
}

std::string shown_bytes(uint64_t bytes) {
  std::array<char, 32> text{};
  auto length = std::snprintf(text.data(), text.size(), "%.1f MB", static_cast<double>(bytes) / 1e6);
  return {text.data(), static_cast<size_t>(length)};
}

}   // namespace cog
