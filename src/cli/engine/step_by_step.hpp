#pragma once
#include "cli/engine/process.hpp"
#include <string>

namespace cog {

/// Runs a program to its end. Each line that it prints is a step: a terminal shows the latest and for how long it has
/// been at work, anything else gets them all. `what` follows "Waiting for". Its streams of the plan are not used.
///
/// Returns its exit code; when that is not 0, all that it printed has been shown. Throws silent_exit when a signal has
/// stopped it.
int run_step_by_step(process_plan plan, const console& messages, const std::string& what);

}   // namespace cog
