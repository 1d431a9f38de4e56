#pragma once
#include "cli/deploy/deployment.hpp"

namespace cog {

/// A file for Docker Compose, which Swarm reads, too. Throws command_error.
std::string compose_file(const deployment& plan, const deploy_flags& flags);

/// A service for systemd that runs the server without a container. Throws command_error.
std::string systemd_unit(const deployment& plan, const deploy_flags& flags);

}   // namespace cog
