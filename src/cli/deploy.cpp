#include "cli/commands.hpp"
#include "cli/deploy/engines.hpp"
#include "cli/deploy/object.hpp"
#include "cli/engine/installation.hpp"
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

namespace cog {

namespace {

namespace fs = std::filesystem;

std::string text_of(const manifest& one) {
  std::string text;
  for (auto& line : one.comments)
    text += "# " + line + "\n";
  return text + one.object.text();
}

void write(const fs::path& path, const std::string& text) {
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file << text << std::flush;
  if (!file)
    throw command_error{"cannot write " + path.string() + ": " + std::strerror(errno)};
}

/// A file an object, and a base for kustomize.
void write_folder(const std::string& folder, const manifest_list& all, const console& messages) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw command_error{"cannot make the folder " + folder + ": " + error.message()};
  yaml_value base{{"apiVersion", "kustomize.config.k8s.io/v1beta1"}, {"kind", "Kustomization"}};
  for (auto& one : all) {
    write(fs::path{folder} / (one.file + ".yaml"), text_of(one));
    base["resources"].add(one.file + ".yaml");
  }
  write(fs::path{folder} / "kustomization.yaml", base.text());
  messages.info("wrote " + std::to_string(all.size() + 1) + " files; kubectl apply -k " + folder);
}

void print(const manifest_list& all) {
  std::string text;
  for (auto& one : all)
    text += (text.empty() ? "" : "---\n") + text_of(one);
  std::cout << text;
}

void add_model_flags(CLI::App& command, deploy_flags& flags) {
  command.add_option("--image", flags.image, "Image that runs, best with its digest; default: `image` of cog.yaml");
  command.add_option("--name", flags.name, "Name of what is made; default: from the image's name");
  command.add_option("--gpus", flags.gpus, "GPUs of one server; default: 1 with `gpu: true`, else 0")
    ->check(CLI::Range(0, 64));
  command.add_option("--memory", flags.memory, "Memory of one server")->capture_default_str();
  command.add_option("-e,--env", flags.environment, "Environment variable, as NAME=VALUE")->allow_extra_args(false);
  command.add_option("--drain", flags.drain, "Time that predictions have when the server is stopped; default: 25s");
  command.add_option("--setup-timeout", flags.setup_timeout, "Time that setup() may take; default: 30m");
  command.add_option("-f,--file", flags.file, "The name of the config file")->capture_default_str();
}

void add_container_flags(CLI::App& command, deploy_flags& flags) {
  command.add_option("--replicas", flags.replicas, "How many")->capture_default_str()->check(CLI::Range(0, 10'000));
  command.add_option("--cpu", flags.cpu, "Cores of one server; it may use more")->capture_default_str();
  command.add_option("--shm", flags.shm, "Shared memory (/dev/shm), part of the memory")->capture_default_str();
  command.add_flag("--root", flags.root, "Run as the image's own user with a writable root file system");
}

void add_kubernetes(CLI::App& deploy, session& common) {
  auto* command = deploy.add_subcommand("kubernetes", "Print manifests for Kubernetes, KServe or Knative");
  auto flags = std::make_shared<deploy_flags>();
  add_model_flags(*command, *flags);
  add_container_flags(*command, *flags);
  command->add_option("--namespace", flags->namespace_name, "Namespace of all objects");
  command->add_option("--gpu-resource", flags->gpu_resource, "Resource that is a GPU")->capture_default_str();
  command->add_option("--runtime-class", flags->runtime_class, "Runtime class, where the cluster asks for one");
  command->add_option("--cache", flags->cache, "A volume for what models download, as SIZE or SIZE:CLASS");
  command->add_option("--env-secret", flags->environment_secrets, "Secret whose keys become variables")
    ->allow_extra_args(false);
  command->add_option("--hpa", flags->hpa, "HorizontalPodAutoscaler, as MIN:MAX; the same for Knative's own");
  command->add_option("--keda", flags->keda, "KEDA's ScaledObject, as MIN:MAX");
  command->add_option("--prometheus", flags->prometheus, "Prometheus that --keda asks, as a URL");
  command->add_flag("--activator", flags->activator, "Something in front holds requests, so --keda may go to 0");
  command->add_option("--monitor", flags->monitor, "PodMonitor of the Prometheus operator {pod}")
    ->check(CLI::IsMember({"pod"}));
  command->add_flag("--network-policy", flags->network_policy,
                    "Only labelled namespaces in, only public addresses out");
  command->add_option("--route", flags->route, "HTTPRoute for this host");
  command->add_option("--gateway", flags->gateway, "Gateway of the route, as NAME or NAMESPACE/NAME");
  command->add_option("--spread", flags->spread, "Spread the pods {zone}")->check(CLI::IsMember({"zone"}));
  command->add_flag_callback(
    "--no-surge", [flags] { flags->surge = false; }, "No pod more while rolling out, for want of GPUs");
  command->add_flag("--sticky", flags->sticky, "One client address, one pod");
  command->add_flag("--kserve", flags->kserve, "KServe's InferenceService in place of a Deployment");
  command->add_flag("--knative", flags->knative, "Knative's Service in place of a Deployment");
  command->add_option("-o,--output", flags->folder, "Write a file an object, and kustomization.yaml, into this folder");
  command->callback([flags, &common] {
    check_kubernetes_flags(*flags);
    auto all = kubernetes_manifests(plan_deployment(*flags, common.messages), *flags, common.messages);
    if (flags->folder.empty())
      print(all);
    else
      write_folder(flags->folder, all, common.messages);
  });
}

void add_compose(CLI::App& deploy, session& common) {
  auto* command = deploy.add_subcommand("compose", "Print a file for Docker Compose or Swarm");
  auto flags = std::make_shared<deploy_flags>();
  add_model_flags(*command, *flags);
  add_container_flags(*command, *flags);
  command->add_option("-p,--port", flags->port, "Port of this machine")
    ->capture_default_str()
    ->check(CLI::Range(1, 65535));
  command->callback([flags, &common] { std::cout << compose_file(plan_deployment(*flags, common.messages), *flags); });
}

void add_systemd(CLI::App& deploy, session& common) {
  auto* command =
    deploy.add_subcommand("systemd", "Print a unit for systemd, which runs the server without a container");
  auto flags = std::make_shared<deploy_flags>();
  flags->container = false;
  add_model_flags(*command, *flags);
  command->add_option("--project", flags->project, "Folder of the model; default: that of cog.yaml");
  command->add_option("--program", flags->program, "The server; default: the coglet beside this tool");
  command->add_option("-p,--port", flags->port, "Port to listen on")
    ->capture_default_str()
    ->check(CLI::Range(1, 65535));
  command->callback([flags, &common] {
    if (!flags->project.empty())
      flags->project = fs::absolute(flags->project).lexically_normal().string();
    auto plan = plan_deployment(*flags, common.messages);
    flags->project = plan.model.folder;
    if (flags->program.empty())
      flags->program = find_installation(common).coglet;
    std::cout << systemd_unit(plan, *flags);
  });
}

}   // namespace

void add_deploy(CLI::App& app, session& common) {
  auto* deploy = app.add_subcommand("deploy", "Print what Kubernetes, Compose or systemd need to run the model");
  deploy->require_subcommand(1);
  add_kubernetes(*deploy, common);
  add_compose(*deploy, common);
  add_systemd(*deploy, common);
}

}   // namespace cog
