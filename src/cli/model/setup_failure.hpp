#pragma once
#include <string>
#include <string_view>

namespace cog {

/// Why a model's setup has failed, as its author wants to read it.
struct setup_failure {
  std::string calls;   // the lines of the traceback that are about the model's own files; none when one alone is
  std::string cause;   // `run.py:1: ModuleNotFoundError: numpyy (add it to requirements.txt)`
};

/// Reads the `logs` of a failed setup in `/health-check`. `folder` has the model's sources.
setup_failure read_setup_failure(std::string_view logs, const std::string& folder);

}   // namespace cog
