#include "io/log_writer.hpp"
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace cog {

log_writer::log_writer(int fd, std::function<std::string(uint64_t)> tell) : fd_{fd}, tell_{std::move(tell)} {
  // nop
}

std::shared_ptr<log_writer> log_writer::start(int fd, std::function<std::string(uint64_t)> tell) {
  std::shared_ptr<log_writer> writer{new log_writer{fd, std::move(tell)}};
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);       // signals are for threads that do not wait for a reader
  std::thread{[writer] { writer->run(); }}.detach();   // it may hang for as long as the reader does
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return writer;
}

void log_writer::write(std::string_view line) {
  std::lock_guard guard{lock_};
  full_ = full_ || queue_.size() + line.size() > largest_queue;
  if (!full_) {
    try {
      queue_ += line;
    } catch (const std::bad_alloc&) {
      full_ = true;
    }
  }
  if (full_)
    ++dropped_;
  if (idle_)
    filled_.notify_one();
}

bool log_writer::flush(std::chrono::milliseconds patience) {
  std::unique_lock guard{lock_};
  return emptied_.wait_for(guard, patience, [this] { return idle_ && queue_.empty(); });
}

void log_writer::close() {
  std::lock_guard guard{lock_};
  closed_ = true;
  filled_.notify_one();
}

void log_writer::run() {
  for (auto batch = take(); !batch.lines.empty(); batch = take()) {
    auto written = write_out(batch.lines);
    if (written == batch.lines.size())
      continue;
    auto lost = std::count(batch.lines.begin() + static_cast<std::ptrdiff_t>(written), batch.lines.end(), '\n');
    std::lock_guard guard{lock_};
    dropped_ += static_cast<uint64_t>(lost) + batch.told - (batch.told > 0 ? 1 : 0);
  }
}

/// Waits for lines; none come when it was closed. What was dropped is told behind them.
log_writer::batch log_writer::take() {
  std::unique_lock guard{lock_};
  idle_ = true;
  if (queue_.empty())
    emptied_.notify_all();
  filled_.wait(guard, [this] { return !queue_.empty() || full_ || closed_; });
  idle_ = false;
  full_ = false;
  batch next{std::exchange(queue_, {}), 0};
  if (dropped_ > 0 && !(closed_ && next.lines.empty())) {
    next.told = std::exchange(dropped_, 0);
    next.lines += tell_(next.told);
  }
  return next;
}

/// Returns how much could be written.
size_t log_writer::write_out(std::string_view text) const {
  size_t written = 0;
  while (written < text.size()) {
    auto count = ::write(fd_, text.data() + written, text.size() - written);
    if (count > 0) {
      written += static_cast<size_t>(count);
    } else if (errno == EAGAIN) {   // somebody who shares the descriptor has made it nonblocking
      pollfd item{fd_, POLLOUT, 0};
      ::poll(&item, 1, -1);
    } else if (errno != EINTR) {
      break;
    }
  }
  return written;
}

}   // namespace cog
