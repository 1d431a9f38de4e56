#pragma once
#include "pool/health_state.hpp"
#include "process/frame.hpp"
#include "settings/server_config.hpp"
#include <string>

namespace cog {

/// What the server makes of a model as its process describes it. Null, with `problem` set, when inputs could not be checked.
/// `source`: the version of the source it was loaded from.
description_ptr describe_model(const server_config& config, const described_frame& described, std::string& problem,
                               uint64_t source = 0);

}   // namespace cog
