#pragma once
#include "cli/deploy/deployment.hpp"
#include "cli/deploy/yaml_value.hpp"
#include <string_view>

namespace cog {

/// Who reads a pod's specification: a Deployment, or another object that makes one of it.
enum class pod_owner : uint8_t { deployment, kserve, knative };

/// The specification of a pod that serves the model, fit for Pod Security "restricted" unless --root is given.
yaml_value pod_spec(const deployment& plan, const deploy_flags& flags, pod_owner owner);

/// The volume of --cache: its size, and its class, which may be empty.
struct cache_volume {
  std::string size, storage_class;
};

/// Throws usage_error.
cache_volume read_cache(const std::string& text);

/// The claim's name.
std::string cache_claim(const deployment& plan);

}   // namespace cog
