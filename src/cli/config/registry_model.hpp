#pragma once
#include "cli/config/cog_yaml.hpp"

namespace cog {

/// The name of a model in a registry.
struct registry_model {
  std::string repository;   // with its host; empty: nothing names one
  std::string tag;          // may be empty
  std::string from;         // what names it, for messages
};

/// What COG_MODEL names, else `model` of cog.yaml with COG_MODEL_REGISTRY, COG_MODEL_REPO and COG_MODEL_TAG laid over
/// it. Without a host it is one of `registry`. Throws command_error for what is malformed, and when `image` of cog.yaml
/// names a place, too.
registry_model find_model(const project_config& config, const std::string& registry);

/// As Docker takes it. Without a tag it gets the time, as in 20261201T083000Z.
std::string name_to_push(const registry_model& model);

}   // namespace cog
