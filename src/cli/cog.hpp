#pragma once

namespace cog {

/// The command `cog`: reads the command line, does what it says, prints what went wrong. Returns the exit code: 0, 1
/// for a failure, 128 and its number after a signal; that of its command for `exec`.
int run_tool(int argc, char** argv);

}   // namespace cog
