#include "cli/deploy/object.hpp"
#include <algorithm>

namespace cog {

namespace {

/// Beyond the setup: the image has to be pulled.
constexpr uint64_t seconds_to_pull = 600;

uint64_t most_replicas(const deploy_flags& flags) {
  if (!flags.hpa.empty())
    return read_span("--hpa", flags.hpa).most;
  return flags.keda.empty() ? flags.replicas : read_span("--keda", flags.keda).most;
}

manifest workload(const deployment& plan, const deploy_flags& flags) {
  auto object = make_object("apps/v1", "Deployment", plan.name, plan, flags);
  auto& spec = object["spec"];
  std::vector<std::string> comments{"The pods. A stop is announced for " + std::to_string(drain_delay) +
                                    " s (COG_DRAIN_DELAY), then what runs may finish for " +
                                    std::to_string(plan.drain) + " s (--drain)."};
  if (flags.hpa.empty() && flags.keda.empty())
    spec["replicas"] = flags.replicas;
  else
    comments.emplace_back(
      "It has no `replicas`: the autoscaler sets them, and applying this file again does not undo it.");
  if (flags.root)
    comments.emplace_back(
      "--root: the image's own user and a writable root, which Pod Security \"restricted\" refuses.");
  spec["revisionHistoryLimit"] = 5;
  spec["progressDeadlineSeconds"] = plan.setup_timeout + seconds_to_pull;
  spec["selector"]["matchLabels"] = pod_labels(plan, pod_owner::deployment);
  spec["strategy"] = {{"type", "RollingUpdate"},
                      {"rollingUpdate", {{"maxSurge", flags.surge ? 1 : 0}, {"maxUnavailable", flags.surge ? 0 : 1}}}};
  spec["template"]["metadata"]["labels"] = pod_labels(plan, pod_owner::deployment);
  spec["template"]["spec"] = pod_spec(plan, flags, pod_owner::deployment);
  return {object, comments, "deployment"};
}

manifest service(const deployment& plan, const deploy_flags& flags) {
  constexpr int hours = 3;
  auto object = make_object("v1", "Service", plan.name, plan, flags);
  auto& spec = object["spec"];
  spec["selector"] = pod_labels(plan, pod_owner::deployment);
  spec["ports"].add({{"name", "http"}, {"port", 80}, {"targetPort", "http"}, {"appProtocol", "http"}});
  if (flags.sticky) {
    spec["sessionAffinity"] = "ClientIP";
    spec["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"] = hours * 3600;
    return {
      object,
      {"A prediction's id is known to the one pod that runs it. --sticky sends all requests of an address to the same",
       "pod while that lives; behind a proxy all clients have the proxy's address."},
      "service"};
  }
  return {
    object,
    {"A prediction's id is known to the one pod that runs it: with several pods, GET /predictions/ID, a cancel and a",
     "PUT that joins a prediction may reach another one, which answers 404 or runs it again. Use webhooks, a gateway",
     "that hashes a header of yours, or --sticky (sessionAffinity: ClientIP)."},
    "service"};
}

manifest budget(const deployment& plan, const deploy_flags& flags) {
  auto object = make_object("policy/v1", "PodDisruptionBudget", plan.name, plan, flags);
  auto& spec = object["spec"];
  spec["maxUnavailable"] = 1;
  spec["unhealthyPodEvictionPolicy"] = "AlwaysAllow";
  spec["selector"]["matchLabels"] = pod_labels(plan, pod_owner::deployment);
  return {object,
          {"While nodes are drained, one pod at a time; one that does not serve never holds up a node."},
          "poddisruptionbudget"};
}

}   // namespace

void add_workload(manifest_list& out, const deployment& plan, const deploy_flags& flags) {
  out.push_back(workload(plan, flags));
  out.push_back(service(plan, flags));
  if (most_replicas(flags) > 1)
    out.push_back(budget(plan, flags));
  add_scaling(out, plan, flags);
}

}   // namespace cog
