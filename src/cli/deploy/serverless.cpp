#include "cli/deploy/object.hpp"

namespace cog {

namespace {

/// Of a request in seconds: the most that Knative grants unless the cluster's config-defaults say more.
constexpr int knative_timeout = 600;
constexpr int kserve_timeout = 3600;

/// KServe's own autoscaler would look at CPU or memory.
yaml_value external_metric(const deployment& plan, const deploy_flags& flags) {
  yaml_value source;
  auto& external = source["external"];
  external["metric"] = {{"backend", "prometheus"},
                        {"serverAddress", flags.prometheus},
                        {"query", offered_concurrency(plan, flags, pod_owner::kserve)}};
  external["target"] = {{"type", "AverageValue"}, {"averageValue", target_concurrency(plan)}};
  return {{"type", "External"}, {"external", external}};
}

}   // namespace

void add_kserve(manifest_list& out, const deployment& plan, const deploy_flags& flags) {
  auto object = make_object("serving.kserve.io/v1beta1", "InferenceService", plan.name, plan, flags);
  auto scaled = !flags.keda.empty();
  object["metadata"]["annotations"] = {{"serving.kserve.io/deploymentMode", "Standard"},
                                       {"serving.kserve.io/autoscalerClass", scaled ? "keda" : "external"}};
  auto bounds = scaled ? read_span("--keda", flags.keda) : span{flags.replicas, flags.replicas};
  auto& predictor = object["spec"]["predictor"];
  predictor["minReplicas"] = bounds.least;
  predictor["maxReplicas"] = bounds.most;
  predictor["containerConcurrency"] = plan.slots + plan.queue;
  predictor["timeout"] = kserve_timeout;
  if (scaled)
    predictor["autoScaling"]["metrics"].add(external_metric(plan, flags));
  auto pod = pod_spec(plan, flags, pod_owner::kserve);
  predictor.merge(pod);
  out.push_back(
    {object,
     {"For KServe 0.16 and later; before that the mode Standard is called RawDeployment. The API is the server's",
      "own, neither v1 nor v2. KServe waits " + std::to_string(kserve_timeout) + " s for an answer (timeout)."},
     "inferenceservice"});
}

void add_knative(manifest_list& out, const deployment& plan, const deploy_flags& flags) {
  auto object = make_object("serving.knative.dev/v1", "Service", plan.name, plan, flags);
  auto bounds = flags.hpa.empty() ? span{flags.replicas, flags.replicas} : read_span("--hpa", flags.hpa);
  auto& revision = object["spec"]["template"];
  auto annotation = [&](const char* name, const std::string& value) {
    revision["metadata"]["annotations"]["autoscaling.knative.dev/" + std::string{name}] = value;
  };
  annotation("min-scale", std::to_string(bounds.least));
  annotation("max-scale", std::to_string(bounds.most));
  annotation("metric", "concurrency");
  annotation("target", std::to_string(plan.slots));
  if (bounds.least == 0)
    annotation("scale-to-zero-pod-retention-period", "5m");
  auto& spec = revision["spec"];
  spec["containerConcurrency"] = plan.slots + plan.queue;
  for (auto* limit : {"timeoutSeconds", "responseStartTimeoutSeconds", "idleTimeoutSeconds"})
    spec[limit] = knative_timeout;
  spec.merge(pod_spec(plan, flags, pod_owner::knative));
  std::vector<std::string> comments{
    "For Knative. Requests may take " + std::to_string(knative_timeout) +
      " s, the most that it grants unless max-revision-timeout-seconds of config-defaults is more.",
    "An asynchronous prediction outlives its request, which is all that Knative counts: the pod may be taken away "
    "under",
    "it. Where predictions are slow, let clients wait for their answers, or use the Deployment."};
  if (plan.gpus > 0 || !flags.runtime_class.empty() || !flags.cache.empty() || !flags.spread.empty())
    comments.emplace_back(
      "Tolerations, runtime classes, claims and the spread over zones must be allowed in config-features.");
  out.push_back({object, comments, "service"});
}

}   // namespace cog
