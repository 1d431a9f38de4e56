#pragma once

namespace cog {

/// The command `cog`: reads the command line, does what it says, prints what went wrong. Returns the exit code: 0, or 1
/// for every failure.
int run_tool(int argc, char** argv);

}   // namespace cog
