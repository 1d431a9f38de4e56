#pragma once
#include "cli/console.hpp"
#include <string>
#include <vector>

namespace cog {

enum class severity : uint8_t { warning, error };

struct finding {
  std::string place;   // `run.py:3`, or a file; may be empty
  std::string message;
  std::string remediation;   // what to do; may be empty
  bool fixable = false;
  bool fixed = false;
};

/// One check of `cog doctor`, done.
struct check_result {
  std::string group;
  std::string description;
  severity level = severity::error;
  std::vector<finding> findings{};
  std::string failure{};              // why the check itself could not be made
  bool mendable = false;              // --fix is expected to leave nothing of it
  std::vector<std::string> notes{};   // that nothing has to be done about
};

/// Prints all checks, group by group, and the closing line. Returns the exit code: 1 when an error is left, or, with
/// `fix`, anything that --fix exists for.
int print_report(const std::vector<check_result>& checks, bool fix, const console& messages);

/// The same as JSON on standard output.
int print_json_report(const std::vector<check_result>& checks, bool fix);

}   // namespace cog
