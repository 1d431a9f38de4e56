#pragma once
#include "io/unique_fd.hpp"
#include <thread>

namespace cog {

/// Passes on what a `docker run` writes to standard error, unless its first line says that there is no GPU driver.
class error_filter {
public:
  /// `output`: who gets it; open for as long as this lives.
  explicit error_filter(int output);
  error_filter(const error_filter&) = delete;
  /// Waits until every holder of `input` has closed it.
  ~error_filter();

  /// For the program; to be closed here once that has been started.
  int input() const { return write_end_.get(); }
  void close_input() { write_end_.reset(); }

  /// Waits until all has been passed on.
  bool has_seen_missing_driver();

private:
  void pass_on();

  unique_fd read_end_, write_end_;
  int output_;
  bool missing_driver_ = false;
  std::thread thread_;
};

}   // namespace cog
