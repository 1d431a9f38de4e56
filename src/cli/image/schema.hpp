#pragma once
#include "cli/config/cog_yaml.hpp"
#include "cli/session.hpp"
#include <cstdint>
#include <optional>
#include <string>

namespace cog {

/// What is known of a model without running it.
struct model_facts {
  std::string schema;                    // its OpenAPI document
  std::optional<uint64_t> concurrency;   // of @cog.concurrent
  bool asynchronous = false;
};

/// The source alone does not tell, or nothing here can read it: the model may be sound all the same.
struct unreadable_source : command_error {
  using command_error::command_error;
};

/// Reads the model's source, of which nothing is run. The document is that of the file COG_OPENAPI_SCHEMA if there is
/// one, else of `file` (of --openapi-schema), if given; the source then need not be readable. Throws command_error when
/// the source describes no model, unreadable_source when only running it could tell.
model_facts read_model(const project_config& config, const std::string& file, const session& common);

/// The concurrency that an image gets: of cog.yaml, else of @cog.concurrent.
std::optional<uint64_t> concurrency_of(const project_config& config, const model_facts& model);

/// Throws command_error unless the text is an OpenAPI 3 document whose defaults obey their constraints.
void validate_schema(const std::string& document);

/// Keeps the document where the server looks for it: .cog/openapi_schema.json.
void keep_schema(const project_config& config, const std::string& document);

}   // namespace cog
