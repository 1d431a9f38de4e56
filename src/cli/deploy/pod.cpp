#include "cli/deploy/pod.hpp"
#include "cli/config/words.hpp"
#include "cli/deploy/object.hpp"
#include <algorithm>

namespace cog {

namespace {

constexpr auto temporary_folder_limit = "10Gi";   // inputs, outputs and what is kept of them: COG_KEEP_FILES is 1 GiB

/// What Kubernetes would expand stays as it is.
std::string literal(const std::string& text) {
  return joined(split(text, "$("), "$$(");
}

yaml_value variables(const deployment& plan, const deploy_flags& flags, pod_owner owner) {
  variable_list all = plan.settings;
  all.emplace_back("COG_READY_FILE", "");
  if (!flags.root) {
    all.emplace_back("HOME", "/tmp");
    all.emplace_back("USER", "cog");   // there is no entry for the user in /etc/passwd, and libraries ask who they are
  }
  if (owner == pod_owner::deployment)   // Knative sets it itself and refuses it here
    all.emplace_back("PORT", std::to_string(server_port));
  if (flags.network_policy)
    all.emplace_back("COG_FORBID_PRIVATE_URLS", "1");
  if (!flags.cache.empty()) {
    all.emplace_back("HF_HOME", "/cache/huggingface");
    all.emplace_back("TORCH_HOME", "/cache/torch");
  }
  yaml_value list;
  auto is_given = [&](const std::string& name) {
    return std::any_of(plan.environment.begin(), plan.environment.end(), [&](auto& one) { return one.first == name; });
  };
  for (auto& [name, value] : all)
    if (!is_given(name))
      list.add({{"name", name}, {"value", literal(value)}});
  for (auto& [name, value] : plan.environment)
    list.add({{"name", name}, {"value", literal(value)}});
  return list;
}

yaml_value resources(const deployment& plan, const deploy_flags& flags) {
  yaml_value limits{{"memory", flags.memory}};
  if (plan.gpus > 0)
    limits[flags.gpu_resource] = std::to_string(plan.gpus);
  return {{"requests", {{"cpu", flags.cpu}, {"memory", flags.memory}}}, {"limits", limits}};
}

yaml_value probe(const char* path, pod_owner owner, int period, int failures) {
  return {{"httpGet",
           {{"path", path}, {"port", owner == pod_owner::deployment ? yaml_value{"http"} : yaml_value{server_port}}}},
          {"periodSeconds", period},
          {"timeoutSeconds", 2},
          {"failureThreshold", failures}};
}

yaml_value user() {
  return {{"runAsNonRoot", true}, {"runAsUser", server_user}, {"runAsGroup", server_user}};
}

yaml_value container_security(const deploy_flags& flags, pod_owner owner) {
  yaml_value security;
  if (owner == pod_owner::knative) {   // which takes none of the pod's
    if (!flags.root)
      security = user();
    security["seccompProfile"]["type"] = "RuntimeDefault";
  }
  security["allowPrivilegeEscalation"] = false;
  security["readOnlyRootFilesystem"] = !flags.root;
  security["capabilities"]["drop"] = yaml_value::texts({"ALL"});
  return security;
}

yaml_value container(const deployment& plan, const deploy_flags& flags, pod_owner owner) {
  yaml_value one{{"name", owner == pod_owner::kserve ? "kserve-container" : "model"}, {"image", plan.image}};
  one["ports"].add({{"name", owner == pod_owner::deployment ? "http" : "http1"}, {"containerPort", server_port}});
  one["env"] = variables(plan, flags, owner);
  for (auto& secret : flags.environment_secrets)
    one["envFrom"].add({{"secretRef", {{"name", secret}}}});
  one["resources"] = resources(plan, flags);
  one["startupProbe"] = probe("/livez", owner, 1, 30);
  one["livenessProbe"] = probe("/livez", owner, 10, 3);
  one["readinessProbe"] = probe("/readyz", owner, 5, 1);
  one["terminationMessagePolicy"] = "FallbackToLogsOnError";
  one["securityContext"] = container_security(flags, owner);
  auto& mounts = one["volumeMounts"];
  mounts.add({{"name", "tmp"}, {"mountPath", "/tmp"}});
  mounts.add({{"name", "shm"}, {"mountPath", "/dev/shm"}});
  if (!flags.cache.empty())
    mounts.add({{"name", "cache"}, {"mountPath", "/cache"}});
  return one;
}

yaml_value volumes(const deployment& plan, const deploy_flags& flags) {
  yaml_value list;
  list.add({{"name", "tmp"}, {"emptyDir", {{"sizeLimit", temporary_folder_limit}}}});
  list.add({{"name", "shm"}, {"emptyDir", {{"medium", "Memory"}, {"sizeLimit", flags.shm}}}});
  if (!flags.cache.empty())
    list.add({{"name", "cache"}, {"persistentVolumeClaim", {{"claimName", cache_claim(plan)}}}});
  return list;
}

yaml_value pod_security(const deploy_flags& flags) {
  yaml_value security;
  if (!flags.root) {
    security = user();
    security["fsGroup"] = server_user;
    security["fsGroupChangePolicy"] = "OnRootMismatch";
  }
  security["seccompProfile"]["type"] = "RuntimeDefault";
  return security;
}

}   // namespace

yaml_value pod_spec(const deployment& plan, const deploy_flags& flags, pod_owner owner) {
  yaml_value pod{
    {"serviceAccountName", plan.name}, {"automountServiceAccountToken", false}, {"enableServiceLinks", false}};
  if (owner != pod_owner::knative) {   // takes the time of a request for it
    pod["terminationGracePeriodSeconds"] = plan.grace();
    pod["securityContext"] = pod_security(flags);
  }
  if (!flags.runtime_class.empty())
    pod["runtimeClassName"] = flags.runtime_class;
  if (plan.gpus > 0)
    pod["tolerations"].add({{"key", "nvidia.com/gpu"}, {"operator", "Exists"}, {"effect", "NoSchedule"}});
  if (flags.spread == "zone")
    pod["topologySpreadConstraints"].add({{"maxSkew", 1},
                                          {"topologyKey", "topology.kubernetes.io/zone"},
                                          {"whenUnsatisfiable", "ScheduleAnyway"},
                                          {"labelSelector", {{"matchLabels", pod_labels(plan, owner)}}},
                                          {"matchLabelKeys", yaml_value::texts({"pod-template-hash"})}});
  pod["containers"].add(container(plan, flags, owner));
  pod["volumes"] = volumes(plan, flags);
  return pod;
}

cache_volume read_cache(const std::string& text) {
  auto colon = text.find(':');
  cache_volume volume{text.substr(0, colon), colon == text.npos ? "" : text.substr(colon + 1)};
  read_bytes("--cache", volume.size);
  if (colon != text.npos)
    check_object_name("--cache " + text, volume.storage_class);
  return volume;
}

std::string cache_claim(const deployment& plan) {
  return plan.name + "-cache";
}

}   // namespace cog
