#pragma once
#include "process/frame.hpp"
#include "process/line_buffer.hpp"
#include "io/log.hpp"
#include "pool/health_state.hpp"
#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace cog {

/// The record of a setup as /health-check shows it: one line a message, `[<target>] <message>`, from the start of the
/// process on.
class setup_log {
public:
  static constexpr size_t limit = 4 * 1024 * 1024;   // bytes; more is dropped, with a mark

  void begin();
  /// A message of the server's own.
  void note(std::string_view message);
  /// What the model printed; unfinished lines wait for their end.
  void print(log_source source, std::string_view text);
  /// Of the interpreter and of its `cog` package.
  void set_versions(std::string python, std::string sdk);
  /// Ends the record; `error` is empty when setup has succeeded. `line` is for people, and is the last.
  void end(std::string_view error, std::string_view line = {});

  std::shared_ptr<const setup_result> result() const { return std::make_shared<const setup_result>(result_); }

private:
  void finish_lines();
  void write(log_source source, std::string_view line);
  void add(log_target target, std::string_view message);

  setup_result result_;
  std::array<line_buffer, 2> unfinished_;   // of stdout, of stderr
  bool full_ = false;
};

}   // namespace cog
