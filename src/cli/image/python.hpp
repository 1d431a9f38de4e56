#pragma once
#include "cli/engine/process.hpp"
#include <string>
#include <vector>

namespace cog {

/// Runs this machine's Python (COG_PYTHON, else python3) with our packages before all others. `arguments` begin with
/// `-m MODULE`; the working directory is not searched for modules. Throws command_error when there is no Python.
captured run_python(const std::string& packages, const std::vector<std::string>& arguments,
                    const std::string& directory);

}   // namespace cog
