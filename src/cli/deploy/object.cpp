#include "cli/deploy/object.hpp"
#include <regex>

namespace cog {

namespace {

yaml_value common_labels(const deployment& plan) {
  return {{"app.kubernetes.io/name", plan.name}, {"app.kubernetes.io/managed-by", "cog"}};
}

manifest service_account(const deployment& plan, const deploy_flags& flags) {
  auto object = make_object("v1", "ServiceAccount", plan.name, plan, flags);
  object["automountServiceAccountToken"] = false;
  return {object, {"Whose rights the pods have: none, the server asks nothing of the cluster."}, "serviceaccount"};
}

manifest claim(const deployment& plan, const deploy_flags& flags) {
  auto wanted = read_cache(flags.cache);
  auto object = make_object("v1", "PersistentVolumeClaim", cache_claim(plan), plan, flags);
  auto& spec = object["spec"];
  spec["accessModes"] = yaml_value::texts({"ReadWriteMany"});
  if (!wanted.storage_class.empty())
    spec["storageClassName"] = wanted.storage_class;
  spec["resources"]["requests"]["storage"] = wanted.size;
  return {
    object,
    {"Where models keep what they download. All pods share it: ReadWriteMany needs a class of storage that can.",
     "With ReadWriteOnce instead, several replicas must all run on one node, and a rollout waits while its new pod",
     "is meant for another node."},
    "persistentvolumeclaim"};
}

}   // namespace

yaml_value make_object(const char* version, const char* kind, const std::string& name, const deployment& plan,
                       const deploy_flags& flags) {
  yaml_value object{{"apiVersion", version}, {"kind", kind}};
  auto& metadata = object["metadata"];
  metadata["name"] = name;
  if (!flags.namespace_name.empty())
    metadata["namespace"] = flags.namespace_name;
  metadata["labels"] = common_labels(plan);
  return object;
}

yaml_value pod_labels(const deployment& plan, pod_owner owner) {
  switch (owner) {
    case pod_owner::kserve:
      return {{"serving.kserve.io/inferenceservice", plan.name}};
    case pod_owner::knative:
      return {{"serving.knative.dev/service", plan.name}};
    case pod_owner::deployment:
      break;
  }
  return {{"app.kubernetes.io/name", plan.name}};
}

void check_object_name(const std::string& flag, const std::string& text) {
  static const std::regex form{"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?"};
  if (!std::regex_match(text, form))
    throw usage_error{flag + ": \"" + text + "\" is no name of an object: lower-case letters, digits, - and ."};
}

manifest_list kubernetes_manifests(const deployment& plan, const deploy_flags& flags, const console& messages) {
  auto owner = flags.kserve ? pod_owner::kserve : flags.knative ? pod_owner::knative : pod_owner::deployment;
  if (!flags.hpa.empty() && owner == pod_owner::deployment && plan.queue == 0)
    messages.warn("--hpa sees what runs and what waits, and nothing may wait: --env COG_MAX_QUEUE=" +
                  std::to_string(plan.slots * 10) + " lets it see a rise of load in time");
  manifest_list all{service_account(plan, flags)};
  if (!flags.cache.empty())
    all.push_back(claim(plan, flags));
  if (owner == pod_owner::kserve)
    add_kserve(all, plan, flags);
  else if (owner == pod_owner::knative)
    add_knative(all, plan, flags);
  else
    add_workload(all, plan, flags);
  add_network(all, plan, flags, owner);
  return all;
}

}   // namespace cog
