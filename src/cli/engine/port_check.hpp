#pragma once
#include "cli/engine/engine.hpp"

namespace cog {

/// Throws command_error when a port of this machine that is to be published cannot be listened on.
void check_ports(const std::vector<published_port>& ports);

}   // namespace cog
