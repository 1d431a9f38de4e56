#include "cli/launch.hpp"
#include "cli/engine/docker.hpp"
#include "cli/engine/docker_arguments.hpp"
#include "cli/engine/host.hpp"
#include "cli/engine/process.hpp"
#include "cli/image/build.hpp"
#include "cli/image/schema.hpp"
#include <array>
#include <cstdlib>
#include <filesystem>
#include <poll.h>

namespace cog {

namespace {

/// `-e` values, what the host always hands on, and what makes logs readable.
std::vector<std::string> variables(const launch_flags& flags) {
  auto all = flags.environment;
  for (auto& entry : all)
    if (entry.find('=') == entry.npos) {
      auto* value = std::getenv(entry.c_str());
      entry += "=" + std::string{value ? value : ""};
    }
  all.emplace_back("LOG_FORMAT=console");
  if (auto* level = std::getenv("RUST_LOG"))
    all.push_back(std::string{"RUST_LOG="} + level);
  return all;
}

std::optional<docker_client> choose_docker(const launch_flags& flags, const console& messages) {
  if (flags.engine == "host")
    return std::nullopt;
  std::string problem;
  auto client = find_docker(problem);
  if (!client && flags.engine == "docker")
    throw command_error{"Docker cannot be used: " + problem};
  if (!client)
    messages.info("No Docker here (" + problem + "): using the host engine, --engine host");
  return client;
}

}   // namespace

void add_launch_flags(CLI::App& command, launch_flags& flags) {
  command.add_option("-f,--file", flags.file, "The name of the config file")->default_str("cog.yaml");
  command.add_option("--engine", flags.engine, "docker, or host: on this machine without a container (COG_ENGINE)")
    ->envname("COG_ENGINE")
    ->check(CLI::IsMember({"docker", "host"}));
  command.add_option("--gpus", flags.gpus, "GPU devices: all, a number, or device=0,1");
  add_base_flags(command, flags.image);
}

void add_environment_flag(CLI::App& command, launch_flags& flags) {
  command.add_option("-e,--env", flags.environment, "Environment variables, in the form name=value")
    ->allow_extra_args(false);
}

std::string read_project_schema(const session& common, const project_config& config) {
  auto reference = config.run.empty() ? config.train : config.run;
  auto file = config.folder + "/" + reference.substr(0, reference.find(':'));
  if (!std::filesystem::exists(file))
    throw command_error{config.place("run") + file + " does not exist"};
  try {
    auto schema = read_model(config, {}, common).schema;
    keep_schema(config, schema);
    return schema;
  } catch (const unreadable_source& error) {
    common.messages.debug(std::string{"The schema is not known before the model runs: "} + error.what());
    std::filesystem::remove(config.folder + "/.cog/openapi_schema.json");
    return {};
  }
}

launch prepare_launch(const session& common, const launch_flags& flags, const project_config& config) {
  launch ready;
  ready.plan.project = config.folder;
  ready.plan.environment = variables(flags);
  ready.plan.gpus = !flags.gpus.empty() ? flags.gpus : config.build.gpu ? "all" : "";
  if (!ready.plan.gpus.empty())
    docker_gpus(ready.plan.gpus);
  if (auto client = choose_docker(flags, common.messages)) {
    common.messages.info("Building Docker image from environment in cog.yaml...");
    ready.plan.image = derived_image_name(config.folder);
    build_environment(config, flags.image, common, ready.plan.image);
    ready.where = std::make_unique<docker_engine>(*client);
  } else {
    ready.where = std::make_unique<host_engine>(config, find_installation(common), common.messages);
  }
  return ready;
}

launch prepare_launch_of_image(const launch_flags& flags, const std::string& image,
                               std::map<std::string, std::string>& labels) {
  std::string problem = "--engine host runs the source of a project";
  auto client = flags.engine == "host" ? std::nullopt : find_docker(problem);
  if (!client)
    throw command_error{"the image " + image + " needs Docker, which cannot be used: " + problem};
  auto where = std::make_unique<docker_engine>(*client);
  labels = where->labels(image);
  launch ready;
  ready.plan.image = image;
  ready.plan.environment = variables(flags);
  ready.plan.gpus = flags.gpus;
  if (!ready.plan.gpus.empty())
    docker_gpus(ready.plan.gpus);
  ready.where = std::move(where);
  return ready;
}

void run_to_the_end(launch& what, const console& messages, std::chrono::seconds grace) {
  interrupts signals;
  auto program = what.where->start(what.plan);
  for (;;) {
    std::array<pollfd, 2> watched{pollfd{program->descriptor(), POLLIN, 0}, pollfd{signals.descriptor(), POLLIN, 0}};
    poll(watched.data(), watched.size(), -1);
    // What runs in our terminal gets Ctrl+C itself.
    auto signal = signals.take();
    if (signal != 0 && (what.plan.server || signal != SIGINT) && !program->has_ended()) {
      program->stop(grace, signals);
      if (what.plan.server)
        return;
      throw silent_exit{1};
    }
    if (!program->has_ended())
      continue;
    auto status = program->wait();
    if (status == 0)
      return;
    if (!program->lacks_gpu_driver())
      throw command_error{(what.where->has_images() ? "container exited with status " : "it exited with status ") +
                          std::to_string(status)};
    messages.info("Missing device driver, re-trying without GPU");
    what.plan.gpus.clear();
    program = what.where->start(what.plan);
  }
}

std::string announcement(const launch& what) {
  auto command = "Running " + shown_command(what.plan.command);
  return what.where->has_images() ? command + " in Docker with the current directory mounted as a volume..."
                                  : command + " on this machine, in " + what.plan.project + "/.cog/venv...";
}

}   // namespace cog
