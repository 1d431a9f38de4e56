#pragma once
#include "server/server_options.hpp"

namespace cog {

/// Serves until it is told to stop; returns the exit code.
int run_server(server_options options);

}   // namespace cog
