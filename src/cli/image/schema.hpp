#pragma once
#include "cli/config/cog_yaml.hpp"
#include "cli/session.hpp"
#include <string>

namespace cog {

/// The model's OpenAPI document: of the file COG_OPENAPI_SCHEMA, else by reading the source, of which nothing is run;
/// `file` (of --openapi-schema) goes before that. Throws command_error when the source cannot be read or describes no
/// model.
std::string model_schema(const project_config& config, const std::string& file, const session& common);

/// Throws command_error unless the text is an OpenAPI 3 document whose defaults obey their constraints.
void validate_schema(const std::string& document);

/// Keeps the document where the server looks for it: .cog/openapi_schema.json.
void keep_schema(const project_config& config, const std::string& document);

}   // namespace cog
