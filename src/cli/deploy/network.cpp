#include "cli/deploy/object.hpp"

namespace cog {

namespace {

manifest pod_monitor(const deployment& plan, const deploy_flags& flags, pod_owner owner) {
  auto object = make_object("monitoring.coreos.com/v1", "PodMonitor", plan.name, plan, flags);
  auto& spec = object["spec"];
  spec["selector"]["matchLabels"] = pod_labels(plan, owner);
  spec["podMetricsEndpoints"].add(
    {{"port", owner == pod_owner::deployment ? "http" : "http1"}, {"path", "/metrics"}, {"interval", "15s"}});
  return {object, {"For the Prometheus operator: each pod's /metrics."}, "podmonitor"};
}

yaml_value path(const char* type, const char* value) {
  return {{"path", {{"type", type}, {"value", value}}}};
}

manifest route(const deployment& plan, const deploy_flags& flags) {
  auto slash = flags.gateway.find('/');
  auto object = make_object("gateway.networking.k8s.io/v1", "HTTPRoute", plan.name, plan, flags);
  auto& spec = object["spec"];
  yaml_value parent{{"name", slash == flags.gateway.npos ? flags.gateway : flags.gateway.substr(slash + 1)}};
  if (slash != flags.gateway.npos)
    parent["namespace"] = flags.gateway.substr(0, slash);
  spec["parentRefs"].add(parent);
  spec["hostnames"] = yaml_value::texts({flags.route});
  yaml_value rule;
  for (auto* exact : {"/", "/docs", "/health-check", "/openapi.json"})
    rule["matches"].add(path("Exact", exact));
  rule["matches"].add(path("PathPrefix", "/predictions"));
  if (plan.model.trains)
    rule["matches"].add(path("PathPrefix", "/trainings"));
  rule["matches"].add(path("PathPrefix", "/page"));
  rule["backendRefs"].add({{"name", plan.name}, {"port", 80}});
  rule["timeouts"]["request"] = "0s";
  spec["rules"].add(rule);
  return {object,
          {"From outside: what clients and the page need, and neither /metrics nor /status nor /shutdown.",
           "0s turns the gateway's own limit off, where it can; predictions may take as long as they need."},
          "httproute"};
}

yaml_value without(const char* network, const std::vector<std::string>& parts) {
  return {{"ipBlock", {{"cidr", network}, {"except", yaml_value::texts(parts)}}}};
}

yaml_value port(const char* protocol, yaml_value number) {
  return {{"protocol", protocol}, {"port", std::move(number)}};
}

manifest network_policy(const deployment& plan, const deploy_flags& flags, pod_owner owner) {
  auto object = make_object("networking.k8s.io/v1", "NetworkPolicy", plan.name, plan, flags);
  auto& spec = object["spec"];
  spec["podSelector"]["matchLabels"] = pod_labels(plan, owner);
  spec["policyTypes"] = yaml_value::texts({"Ingress", "Egress"});
  yaml_value in;
  in["from"].add({{"namespaceSelector", {{"matchLabels", {{"cog-clients", "true"}}}}}});
  in["ports"].add(port("TCP", owner == pod_owner::deployment ? "http" : "http1"));
  spec["ingress"].add(in);
  yaml_value names;
  names["ports"].add(port("UDP", 53));
  names["ports"].add(port("TCP", 53));
  spec["egress"].add(names);
  yaml_value web;
  web["to"].add(
    without("0.0.0.0/0", {"10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"}));
  web["to"].add(without("::/0", {"fc00::/7", "fe80::/10"}));
  web["ports"].add(port("TCP", 443));
  spec["egress"].add(web);
  return {
    object,
    {"In: from namespaces labelled cog-clients=true (its own, the gateway's and Prometheus's, where they are to reach",
     "it). Out: names, and https to public addresses."},
    "networkpolicy"};
}

}   // namespace

void add_network(manifest_list& out, const deployment& plan, const deploy_flags& flags, pod_owner owner) {
  if (!flags.monitor.empty())
    out.push_back(pod_monitor(plan, flags, owner));
  if (!flags.route.empty())
    out.push_back(route(plan, flags));
  if (flags.network_policy)
    out.push_back(network_policy(plan, flags, owner));
}

}   // namespace cog
