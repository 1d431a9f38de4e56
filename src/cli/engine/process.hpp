#pragma once
#include "cli/console.hpp"
#include "io/unique_fd.hpp"
#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace cog {

/// A program to be run, never through a shell.
struct process_plan {
  std::vector<std::string> command;         // the first is looked for in PATH
  std::vector<std::string> environment{};   // NAME=value, on top of our own
  std::string directory{};                  // empty: stay
  int in = 0, out = 1, err = 2;             // what becomes its standard streams; -1: /dev/null
  bool own_group = false;                   // the terminal's Ctrl+C does not reach it
  int death_signal = SIGTERM;               // it gets when we are gone
};

/// A running program. Letting go of one that runs kills it (its group, if it has its own) and waits for its end.
class process {
public:
  /// Throws command_error, saying why, when the program cannot be started.
  explicit process(const process_plan& plan);
  process(process&& other) noexcept;
  process& operator=(process&&) = delete;
  ~process();

  /// Readable when it has ended.
  int descriptor() const { return pidfd_.get(); }

  bool has_ended();

  /// Waits for the end. The exit code; 128 and the signal's number when a signal ended it.
  int wait();

  /// To its group, if it has its own.
  void signal(int number) const;

private:
  pid_t pid_ = -1;
  bool own_group_ = false;
  unique_fd pidfd_;
  std::optional<int> status_;
};

/// What a program wrote until its end.
struct captured {
  int status = 0;
  std::string out, err;
};

/// Looks at a program that is waited for, five times a second.
using wait_handler = std::function<void(const process&)>;

/// Runs a program without input to its end; `out` and `err` of the plan are not used.
captured run_captured(process_plan plan, const wait_handler& look = {});

/// Runs a program to its end with standard input and output as planned; what it wrote to standard error is kept.
captured run_keeping_errors(process_plan plan, const wait_handler& look = {});

/// The full path of a program in PATH; empty if there is none.
std::string find_in_path(const std::string& name);

/// The words as a shell would take them, for messages.
std::string shown_command(const std::vector<std::string>& words);

}   // namespace cog
