#include "cli/engine/foreground.hpp"
#include <array>
#include <poll.h>

namespace cog {

namespace {

constexpr int interval = 200;   // milliseconds between two looks at the clock

}   // namespace

foreground::foreground(const console& messages, std::string what, news kind) : messages_{messages}, lines_{messages} {
  lines_.terminal = false;
  if (kind != news::none)
    notice_.emplace(kind == news::lines ? lines_ : messages_, std::move(what));
}

void foreground::look(const process& program, std::string_view detail, wait_notice::clock::time_point now) {
  while (auto signal = signals_.take()) {
    if (first_ == 0)
      messages_.info("Stopping (again to kill)");
    program.signal(first_ == 0 ? signal : SIGKILL);
    first_ = first_ == 0 ? signal : first_;
  }
  if (notice_ && first_ == 0)
    notice_->tell(detail, now);
}

int foreground::wait(process& program) {
  while (!program.has_ended()) {
    std::array<pollfd, 2> watched{pollfd{program.descriptor(), POLLIN, 0}, pollfd{descriptor(), POLLIN, 0}};
    poll(watched.data(), watched.size(), interval);
    look(program);
  }
  check_stopped();
  return program.wait();
}

void foreground::check_stopped() const {
  if (is_stopped())
    throw silent_exit{128 + first_};
}

}   // namespace cog
