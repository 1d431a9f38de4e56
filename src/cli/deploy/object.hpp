#pragma once
#include "cli/deploy/pod.hpp"
#include <string>
#include <vector>

namespace cog {

/// One document of the output, and what to know about it.
struct manifest {
  yaml_value object;
  std::vector<std::string> comments{};   // lines
  std::string file{};                    // its name with -o
};

using manifest_list = std::vector<manifest>;

/// The head of an object: version, kind and metadata.
yaml_value make_object(const char* version, const char* kind, const std::string& name, const deployment& plan,
                       const deploy_flags& flags);

/// The labels by which the pods of `owner` are chosen.
yaml_value pod_labels(const deployment& plan, pod_owner owner);

/// Throws usage_error unless the text can be the name of an object.
void check_object_name(const std::string& flag, const std::string& text);

// What each part of the output needs is in `flags`; they add nothing when it is not asked for.

void add_workload(manifest_list& out, const deployment& plan, const deploy_flags& flags);   // Deployment, Service, ...
void add_kserve(manifest_list& out, const deployment& plan, const deploy_flags& flags);
void add_knative(manifest_list& out, const deployment& plan, const deploy_flags& flags);
void add_scaling(manifest_list& out, const deployment& plan, const deploy_flags& flags);
void add_network(manifest_list& out, const deployment& plan, const deploy_flags& flags, pod_owner owner);

/// What would run if there were room, summed over the pods, as PromQL.
std::string offered_concurrency(const deployment& plan, const deploy_flags& flags, pod_owner owner);

/// Of that, what one pod is meant for: four fifths of its slots, as a quantity.
std::string target_concurrency(const deployment& plan);

/// All of it. Throws command_error.
manifest_list kubernetes_manifests(const deployment& plan, const deploy_flags& flags, const console& messages);

/// Throws command_error for flags that mean nothing, or not together. To be called before anything is planned.
void check_kubernetes_flags(const deploy_flags& flags);

}   // namespace cog
