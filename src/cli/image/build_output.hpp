#pragma once
#include "io/unique_fd.hpp"
#include <string>
#include <thread>

namespace cog {

/// Passes on to standard error what a build prints, and keeps the end of it. On a terminal the build still has one.
class build_output {
public:
  explicit build_output(bool terminal);
  build_output(const build_output&) = delete;
  ~build_output();

  /// For the build; to be closed here once that has been started.
  int input() const { return inner_.get(); }
  void close_input() { inner_.reset(); }

  /// Waits until all has been passed on; returns its last 64 KiB.
  std::string finish();

private:
  void pass_on();
  void copy_window_size() const;

  bool terminal_;
  unique_fd outer_, inner_;
  std::string end_;
  std::thread thread_;
};

}   // namespace cog
