#include "cli/engine/step_by_step.hpp"
#include "cli/engine/foreground.hpp"
#include "cli/engine/pipe.hpp"
#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace cog {

namespace {

constexpr int interval = 200;   // milliseconds between two looks at the clock

class steps {
public:
  explicit steps(const console& messages) : messages_{messages} {
    // nop
  }

  void take(std::string_view bytes) {
    unfinished_ += bytes;
    size_t begin = 0;
    for (size_t end = 0; (end = unfinished_.find_first_of("\r\n", begin)) != std::string::npos; begin = end + 1)
      take_line(unfinished_.substr(begin, end - begin));
    unfinished_.erase(0, begin);
  }

  std::string latest() const { return bar_.empty() ? latest_ : latest_ + " " + bar_; }

  /// The end: a terminal has not kept what explains a failure.
  void end(bool failed) {
    take("\n");
    if (failed && messages_.terminal)
      messages_.pass_on(all_);
    else if (messages_.terminal && !latest_.empty())
      messages_.info(latest_);
  }

private:
  /// `Progress 12 of 345`, as pip counts bytes.
  bool take_progress(std::string_view line) {
    constexpr std::string_view start = "Progress ", middle = " of ";
    auto between = line.find(middle);
    if (!line.starts_with(start) || between == line.npos)
      return false;
    uint64_t done = 0, whole = 0;
    std::from_chars(line.data() + start.size(), line.data() + between, done);
    std::from_chars(line.data() + between + middle.size(), line.data() + line.size(), whole);
    bar_ = progress_bar(done, whole);
    return true;
  }

  void take_line(const std::string& line) {
    auto first = line.find_first_not_of(" \t");
    if (first == line.npos || take_progress(line))
      return;
    latest_ = line.substr(first);
    bar_.clear();
    if (messages_.terminal)
      all_ += line + "\n";
    else
      messages_.pass_on(line + "\n");
  }

  const console& messages_;
  std::string unfinished_, latest_, bar_, all_;
};

/// False at the end.
bool read_into(int descriptor, steps& shown) {
  std::array<char, 65536> bytes;   // NOLINT(cppcoreguidelines-pro-type-member-init)
  auto count = read(descriptor, bytes.data(), bytes.size());
  if (count > 0)
    shown.take({bytes.data(), static_cast<size_t>(count)});
  return count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN));
}

}   // namespace

int run_step_by_step(process_plan plan, const console& messages, const std::string& what) {
  auto [read_end, write_end] = make_pipe();
  fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
  foreground standing_by{messages, what, news::status};
  plan.in = -1;
  plan.out = plan.err = write_end.get();
  process program{plan};
  write_end.reset();
  steps shown{messages};
  for (bool open = true; !program.has_ended();) {
    std::array<pollfd, 3> watched{pollfd{program.descriptor(), POLLIN, 0}, pollfd{standing_by.descriptor(), POLLIN, 0},
                                  pollfd{open ? read_end.get() : -1, POLLIN, 0}};
    poll(watched.data(), watched.size(), interval);
    if (watched[2].revents != 0)
      open = read_into(read_end.get(), shown);
    standing_by.look(program, shown.latest());
  }
  read_into(read_end.get(), shown);
  auto status = program.wait();
  shown.end(status != 0 && !standing_by.is_stopped());
  standing_by.check_stopped();
  return status;
}

}   // namespace cog
