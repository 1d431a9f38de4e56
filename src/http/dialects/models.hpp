#pragma once
#include "http/dialects/info_call.hpp"

// What several dialects say of the model on the same paths: one answer that holds what each of them looks for.

namespace cog {

http_response tell_models(const server_facts& facts);
http_response tell_model(const server_facts& facts);
/// As Replicate describes a model and its versions.
http_response tell_replicate_model(const server_facts& facts);
http_response tell_versions(const server_facts& facts);
http_response tell_version(const server_facts& facts);

/// A readiness probe with nothing else to say.
http_response tell_health(const server_facts& facts);
/// The same with an empty body.
http_response tell_ping(const server_facts& facts);

/// The operations that the model serves, and why not the others: members of an object.
std::string operations_text(const model_api& api);

}   // namespace cog
