#pragma once
#include "gpu/device_lease.hpp"
#include "pool/health_state.hpp"
#include "prediction/memory_account.hpp"
#include <string>
#include <string_view>

namespace cog {

/// `GET /`: the discovery document. `training` adds the training routes; devices are told of if there are any.
/// `operations`: what clients of other protocols can ask for, as JSON; empty: not known yet.
std::string index_body(bool training, const device_report& devices, const std::string& operations = {});

/// `GET /health-check`: the one answer whose keys have an order of their own.
std::string health_body(const health_answer& health);

/// `/livez` and `/readyz`: `{"status":"READY"}`, with the capacity that is left when workers were given up.
std::string probe_body(const health_answer& health);

/// What is held on the account of request bodies, for `GET /metrics`.
std::string memory_metrics(const memory_account& bodies, const memory_account& outputs);

/// What this process is and takes, for `GET /metrics`. `model`: its reference.
std::string process_metrics(const std::string& model);

}   // namespace cog
