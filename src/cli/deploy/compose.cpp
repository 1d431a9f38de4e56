#include "cli/deploy/engines.hpp"
#include "cli/config/words.hpp"
#include "cli/deploy/yaml_value.hpp"

namespace cog {

namespace {

/// What Compose would put a variable into stays as it is.
std::string literal(const std::string& text) {
  return joined(split(text, "$"), "$$");
}

/// As Docker writes amounts: it knows no Gi.
std::string size_of(const std::string& flag, const std::string& text) {
  auto bytes = read_bytes(flag, text);
  constexpr uint64_t mebi = 1 << 20;
  return bytes % mebi == 0 ? std::to_string(bytes / mebi) + "mb" : std::to_string(bytes) + "b";
}

std::string cores_of(const std::string& text) {
  check_cpu("--cpu", text);
  if (!text.ends_with('m'))
    return text;
  auto thousandths = std::stoul(text);
  auto rest = std::to_string(thousandths % 1000);
  return std::to_string(thousandths / 1000) + "." + std::string(3 - rest.size(), '0') + rest;
}

yaml_value variables(const deployment& plan, const deploy_flags& flags) {
  yaml_value all;
  for (auto& [name, value] : plan.settings)
    all[name] = literal(value);
  if (!flags.root) {
    all["HOME"] = "/tmp";
    all["USER"] = "cog";
  }
  all["PORT"] = std::to_string(server_port);
  for (auto& [name, value] : plan.environment)
    all[name] = literal(value);
  return all;
}

/// Swarm reads it; Compose takes the resources of it.
yaml_value placement(const deployment& plan, const deploy_flags& flags) {
  yaml_value deploy{{"replicas", flags.replicas}};
  deploy["update_config"]["order"] = "start-first";
  deploy["resources"]["limits"]["memory"] = size_of("--memory", flags.memory);
  auto& reserved = deploy["resources"]["reservations"];
  reserved["cpus"] = cores_of(flags.cpu);
  if (plan.gpus > 0) {
    yaml_value device{{"driver", "nvidia"}, {"count", plan.gpus}};
    device["capabilities"] = yaml_value::texts({"gpu"});
    reserved["devices"].add(device);
  }
  return deploy;
}

yaml_value health_check(const deployment& plan) {
  yaml_value check;
  check["test"] = yaml_value::texts({"CMD", "coglet", "--check", "readyz"});
  check["interval"] = "10s";
  check["timeout"] = "5s";
  check["retries"] = 3;
  check["start_period"] = std::to_string(plan.setup_timeout) + "s";
  return check;
}

}   // namespace

std::string compose_file(const deployment& plan, const deploy_flags& flags) {
  yaml_value service{{"image", plan.image}};
  service["ports"] = yaml_value::texts({std::to_string(flags.port) + ":" + std::to_string(server_port)});
  service["environment"] = variables(plan, flags);
  if (!flags.root) {
    service["user"] = std::to_string(server_user) + ":" + std::to_string(server_user);
    service["read_only"] = true;
    service["tmpfs"] = yaml_value::texts({"/tmp:exec"});
  }
  service["cap_drop"] = yaml_value::texts({"ALL"});
  service["security_opt"] = yaml_value::texts({"no-new-privileges:true"});
  service["shm_size"] = size_of("--shm", flags.shm);
  service["stop_grace_period"] = std::to_string(plan.grace()) + "s";
  service["restart"] = "unless-stopped";
  service["healthcheck"] = health_check(plan);
  service["deploy"] = placement(plan, flags);
  yaml_value file;
  file["services"][plan.name] = service;
  return "# docker compose up --detach, or docker stack deploy --compose-file FILE " + plan.name + "\n" + file.text();
}

}   // namespace cog
