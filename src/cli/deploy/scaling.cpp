#include "cli/deploy/object.hpp"
#include <algorithm>

namespace cog {

namespace {

/// The label matchers of the server's series.
std::string selector(const deployment& plan, const deploy_flags& flags, pod_owner owner, const std::string& more = {}) {
  auto pods = plan.name + (owner == pod_owner::kserve ? "-predictor" : "") + "-[a-z0-9]+-[a-z0-9]+";
  auto text = "pod=~\"" + pods + "\"";
  if (!flags.namespace_name.empty())
    text.insert(0, "namespace=\"" + flags.namespace_name + "\",");
  return "{" + text + more + "}";
}

yaml_value policy(const char* type, int value, int seconds) {
  return {{"type", type}, {"value", value}, {"periodSeconds", seconds}};
}

/// Up at once, down slowly: what is taken away is any pod, whatever it runs.
yaml_value behavior() {
  yaml_value both;
  auto& up = both["scaleUp"];
  up["stabilizationWindowSeconds"] = 0;
  up["policies"].add(policy("Percent", 300, 15));
  up["policies"].add(policy("Pods", 4, 15));
  up["selectPolicy"] = "Max";
  auto& down = both["scaleDown"];
  down["stabilizationWindowSeconds"] = 300;
  down["policies"].add(policy("Percent", 10, 60));
  return both;
}

manifest autoscaler(const deployment& plan, const deploy_flags& flags) {
  auto bounds = read_span("--hpa", flags.hpa);
  auto object = make_object("autoscaling/v2", "HorizontalPodAutoscaler", plan.name, plan, flags);
  auto& spec = object["spec"];
  spec["scaleTargetRef"] = {{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"name", plan.name}};
  spec["minReplicas"] = bounds.least;
  spec["maxReplicas"] = bounds.most;
  spec["metrics"].add({{"type", "Pods"},
                       {"pods",
                        {{"metric", {{"name", "cog_predictions_in_flight"}}},
                         {"target", {{"type", "AverageValue"}, {"averageValue", target_concurrency(plan)}}}}}});
  spec["behavior"] = behavior();
  return {
    object,
    {"Pods for what runs and what waits; it needs a queue (COG_MAX_QUEUE) to see more than the pods there are can run.",
     "The metric comes from prometheus-adapter, with this rule:", "  rules:",
     "  - seriesQuery: 'cog_predictions_in_flight{namespace!=\"\",pod!=\"\"}'",
     "    resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}",
     "    metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'"},
    "horizontalpodautoscaler"};
}

manifest scaled_object(const deployment& plan, const deploy_flags& flags) {
  auto bounds = read_span("--keda", flags.keda);
  constexpr uint64_t without_prometheus = 2;
  auto object = make_object("keda.sh/v1alpha1", "ScaledObject", plan.name, plan, flags);
  auto& spec = object["spec"];
  spec["scaleTargetRef"] = {{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"name", plan.name}};
  spec["minReplicaCount"] = bounds.least;
  spec["maxReplicaCount"] = bounds.most;
  spec["pollingInterval"] = 15;
  spec["fallback"] = {{"failureThreshold", 3},
                      {"replicas", std::min(std::max(bounds.least, without_prometheus), bounds.most)}};
  spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"] = behavior();
  yaml_value trigger{{"type", "prometheus"}, {"metricType", "AverageValue"}};
  trigger["metadata"] = {{"serverAddress", flags.prometheus},
                         {"query", offered_concurrency(plan, flags, pod_owner::deployment)},
                         {"threshold", target_concurrency(plan)},
                         {"activationThreshold", "0"},
                         {"ignoreNullValues", "false"}};
  spec["triggers"].add(trigger);
  return {
    object,
    {"Pods for the offered concurrency: what runs, what waits, and what was refused for want of room (a rate a second",
     "times the mean time of a prediction), over four fifths of the slots of a pod. A Prometheus that is lost is an",
     "error and not zero: `fallback` then says how many pods there are."},
    "scaledobject"};
}

}   // namespace

std::string target_concurrency(const deployment& plan) {
  auto tenths = plan.slots * 8;
  return tenths % 10 == 0 ? std::to_string(tenths / 10)
                          : std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

std::string offered_concurrency(const deployment& plan, const deploy_flags& flags, pod_owner owner) {
  auto pods = selector(plan, flags, owner);
  auto refused = selector(plan, flags, owner, ",reason=\"capacity\"");
  return "sum(cog_predictions_in_flight" + pods + ") + ((sum(rate(cog_predictions_refused_total" + refused +
    "[1m])) * sum(rate(cog_predict_seconds_sum" + pods + "[5m])) / sum(rate(cog_predict_seconds_count" + pods +
    "[5m]))) > 0 or vector(0))";
}

void add_scaling(manifest_list& out, const deployment& plan, const deploy_flags& flags) {
  if (!flags.hpa.empty())
    out.push_back(autoscaler(plan, flags));
  if (!flags.keda.empty())
    out.push_back(scaled_object(plan, flags));
}

}   // namespace cog
