#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace cog {

/// Writes lines to a descriptor from a thread of its own, so that a reader that stalls stops nobody else. What does not
/// fit into the queue is dropped, and counted in a line of its own.
class log_writer : public std::enable_shared_from_this<log_writer> {
public:
  static constexpr size_t largest_queue = 1024 * 1024;   // bytes

  /// `tell` makes the line that says how many were dropped.
  static std::shared_ptr<log_writer> start(int fd, std::function<std::string(uint64_t dropped)> tell);

  void write(std::string_view line);

  /// Waits until everything is written, as long as patience lasts.
  bool flush(std::chrono::milliseconds patience);

  /// Lets the thread end once everything is written.
  void close();

private:
  struct batch {
    std::string lines;
    uint64_t told = 0;   // dropped lines that the last line tells of
  };

  log_writer(int fd, std::function<std::string(uint64_t)> tell);
  void run();
  batch take();
  size_t write_out(std::string_view text) const;

  // A lock, since every thread writes to the log, and an actor in between would have to be woken for each line.
  std::mutex lock_;
  std::condition_variable filled_;
  std::condition_variable emptied_;
  std::string queue_;
  bool full_ = false;      // nothing is queued before the thread has taken what there is
  uint64_t dropped_ = 0;   // lines that nobody was told of yet
  bool idle_ = true;       // the thread waits for lines
  bool closed_ = false;
  int fd_;
  std::function<std::string(uint64_t)> tell_;
};

}   // namespace cog
