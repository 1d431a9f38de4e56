#pragma once
#include "prediction/health_state.hpp"
#include <string>
#include <string_view>

namespace cog {

/// `GET /`: the discovery document. `training` adds the training routes.
std::string index_body(bool training);

/// `GET /health-check`: the one answer whose keys have an order of their own.
std::string health_body(const health_answer& health);

/// `/livez` and `/readyz`: `{"status":"READY"}`.
std::string probe_body(health_status status);

}   // namespace cog
