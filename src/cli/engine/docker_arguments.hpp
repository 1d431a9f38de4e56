#pragma once
#include "cli/engine/engine.hpp"
#include <string>
#include <vector>

namespace cog {

/// What follows the name of the client to run a plan as a container of this name.
std::vector<std::string> docker_run_arguments(const run_plan& plan, const std::string& name, bool with_terminal);

/// The value of Docker's own `--gpus`. Throws command_error unless `gpus` is `all`, a number, or `device=0,1`.
std::string docker_gpus(const std::string& gpus);

/// `8000`, `0.0.0.0:8000`, `[::1]:8000` or `::1:8000`; the same port inside and outside. Throws command_error.
published_port parse_published_port(const std::string& text);

}   // namespace cog
