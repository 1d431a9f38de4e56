#pragma once
#include <cstdint>
#include <string>

namespace cog {

/// Asks a server on this machine for `/livez` or `/readyz`, as a health check of a container does. Empty if it answers 200
/// within five seconds, else why that is not so. `host`: where it listens.
std::string check_server(const std::string& what, const std::string& host, uint16_t port);

}   // namespace cog
