#include "cli/deploy/object.hpp"
#include <array>
#include <regex>

namespace cog {

namespace {

void refuse_unless(bool sound, const std::string& text) {
  if (!sound)
    throw usage_error{text};
}

void check_names(const deploy_flags& flags) {
  static const std::regex label{"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"};
  static const std::regex resource{
    "[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?"};
  static const std::regex host{"(\\*\\.)?[a-z0-9]([-a-z0-9.]{0,250}[a-z0-9])?"};
  if (!flags.namespace_name.empty() && !std::regex_match(flags.namespace_name, label))
    throw usage_error{"--namespace " + flags.namespace_name +
                      ": must be at most 63 lower-case letters, digits and dashes"};
  if (!std::regex_match(flags.gpu_resource, resource))
    throw usage_error{"--gpu-resource " + flags.gpu_resource + ": must be a resource as in nvidia.com/gpu"};
  if (!flags.route.empty() && !std::regex_match(flags.route, host))
    throw usage_error{"--route " + flags.route + ": must be a host name as in model.example.com"};
  if (!flags.runtime_class.empty())
    check_object_name("--runtime-class", flags.runtime_class);
  for (auto& secret : flags.environment_secrets)
    check_object_name("--env-secret", secret);
  auto slash = flags.gateway.find('/');
  if (!flags.gateway.empty())
    check_object_name("--gateway", flags.gateway.substr(slash == flags.gateway.npos ? 0 : slash + 1));
  if (slash != flags.gateway.npos)
    check_object_name("--gateway", flags.gateway.substr(0, slash));
}

void check_amounts(const deploy_flags& flags) {
  check_cpu("--cpu", flags.cpu);
  if (read_bytes("--shm", flags.shm) >= read_bytes("--memory", flags.memory))
    throw usage_error{"--shm " + flags.shm + ": counts as memory, so it must be less than --memory " + flags.memory};
  if (!flags.cache.empty())
    read_cache(flags.cache);
}

void check_scaling(const deploy_flags& flags) {
  constexpr auto zero =
    ": nothing wakes a model without pods, since what emits no metrics cannot ask for one. Something must hold its "
    "requests: Knative's activator (--knative), or KEDA's HTTP add-on in front (--keda with --activator)";
  refuse_unless(flags.hpa.empty() || flags.keda.empty(), "--hpa and --keda: only one autoscaler may set the replicas");
  if (!flags.hpa.empty())
    refuse_unless(read_span("--hpa", flags.hpa).least > 0 || flags.knative, "--hpa " + flags.hpa + zero);
  if (!flags.keda.empty())
    refuse_unless(read_span("--keda", flags.keda).least > 0 || flags.activator, "--keda " + flags.keda + zero);
  refuse_unless(flags.keda.empty() == flags.prometheus.empty(), "--keda and --prometheus URL go together");
  refuse_unless(
    flags.prometheus.empty() || flags.prometheus.starts_with("http://") || flags.prometheus.starts_with("https://"),
    "--prometheus " + flags.prometheus + ": must be a URL as in http://prometheus.monitoring:9090");
}

/// What another controller does in its own way.
void check_other_controllers(const deploy_flags& flags) {
  refuse_unless(!flags.kserve || !flags.knative, "--kserve and --knative: choose one");
  if (!flags.kserve && !flags.knative)
    return;
  std::string which = flags.kserve ? "--kserve" : "--knative";
  struct rule {
    const char* flag;
    bool given;
  };
  for (auto& [flag, given] : std::array<rule, 4>{{{"--route", !flags.route.empty()},
                                                  {"--sticky", flags.sticky},
                                                  {"--no-surge", !flags.surge},
                                                  {"--activator", flags.activator && flags.knative}}})
    refuse_unless(!given, std::string{flag} + " has no meaning with " + which + ", which decides it by itself");
  refuse_unless(!flags.kserve || flags.hpa.empty(),
                "--hpa with --kserve: it would look at CPU or memory, which say nothing of a queue; use --keda");
  refuse_unless(!flags.knative || flags.keda.empty(),
                "--keda with --knative: Knative scales by itself; use --hpa MIN:MAX");
}

}   // namespace

void check_kubernetes_flags(const deploy_flags& flags) {
  check_names(flags);
  check_amounts(flags);
  check_scaling(flags);
  check_other_controllers(flags);
  refuse_unless(flags.route.empty() == flags.gateway.empty(), "--route HOST and --gateway NAME go together");
}

}   // namespace cog
