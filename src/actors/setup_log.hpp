#pragma once
#include "prediction/health_state.hpp"
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
  void print(std::string_view text);
  /// Ends the record; `error` is empty when setup has succeeded.
  void end(std::string_view error);

  std::shared_ptr<const setup_result> result() const { return std::make_shared<const setup_result>(result_); }

private:
  void finish_line();
  void add(std::string_view target, std::string_view message);

  setup_result result_;
  std::string unfinished_;
  bool full_ = false;
};

}   // namespace cog
