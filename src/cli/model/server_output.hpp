#pragma once
#include "cli/console.hpp"
#include "io/unique_fd.hpp"
#include <string>
#include <string_view>
#include <thread>

namespace cog {

/// What a model's server writes, shown line by line: what the model printed as it is, of the server's own lines the
/// text. A traceback in the setup's log is held back until it is known whether the setup has failed.
class server_output {
public:
  explicit server_output(const console& messages);
  server_output(const server_output&) = delete;
  ~server_output();

  /// For the server to write to.
  int input() const { return write_end_.get(); }

  /// Readable when there is something new.
  int descriptor() const { return read_end_.get(); }

  /// Shows what is there now.
  void read();

  /// What the setup printed last.
  const std::string& last_line() const { return last_line_; }

  /// Is something held back?
  bool holds() const { return holds_; }

  /// Shows what is held back.
  void release();

  /// Forgets what is held back; later lines are shown again.
  void forget();

  /// Needs no more reading from now on: all that still comes is shown as it is, or thrown away, until this ends.
  void leave(bool shown);

private:
  void take(std::string_view line);
  void show(std::string_view text);
  void drain(bool shown) const;

  const console& messages_;
  unique_fd read_end_, write_end_, stop_;
  std::string unfinished_, held_, last_line_;
  bool holds_ = false;
  std::thread drain_;
};

}   // namespace cog
