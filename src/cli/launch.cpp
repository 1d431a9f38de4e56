#include "cli/launch.hpp"
#include "cli/config/state_folder.hpp"
#include "cli/engine/docker.hpp"
#include "cli/engine/docker_arguments.hpp"
#include "cli/engine/host.hpp"
#include "cli/engine/process.hpp"
#include "cli/image/build.hpp"
#include "cli/image/schema.hpp"
#include "cli/image/text_file.hpp"
#include <array>
#include <cstdlib>
#include <filesystem>
#include <poll.h>
#include <unistd.h>

namespace cog {

namespace {

constexpr int look_interval = 100;   // milliseconds

/// What makes logs readable, what the host always hands on, and the values of `-e`, which count more.
std::vector<std::string> variables(const launch_flags& flags) {
  std::vector<std::string> all{"LOG_FORMAT=console"};
  if (auto* level = std::getenv("RUST_LOG"))
    all.push_back(std::string{"RUST_LOG="} + level);
  for (auto entry : flags.environment) {
    if (entry.empty() || entry.starts_with('='))
      throw command_error{"-e " + entry + ": a variable has a name, as in -e NAME=value"};
    if (entry.find('=') == entry.npos) {
      auto* value = std::getenv(entry.c_str());
      entry += "=" + std::string{value ? value : ""};
    }
    all.push_back(std::move(entry));
  }
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

bool has_gpu_driver() {
  for (auto* sign : {"/proc/driver/nvidia/version", "/dev/nvidiactl", "/dev/dxg"})
    if (access(sign, F_OK) == 0)
      return true;
  return false;
}

/// Without a container the choice of GPUs becomes CUDA_VISIBLE_DEVICES.
void choose_gpus_here(run_plan& plan, const launch_flags& flags, const console& messages) {
  if (plan.gpus.empty())
    return;
  if (!has_gpu_driver()) {
    auto what = flags.gpus.empty() ? "cog.yaml says gpu: true" : "--gpus " + flags.gpus + " is given";
    messages.warn(what + ", but there is no NVIDIA driver on this machine: the model runs without a GPU");
    return;
  }
  constexpr std::string_view device = "device=";
  std::string chosen;
  if (flags.gpus.starts_with(device))
    chosen = flags.gpus.substr(device.size());
  else if (flags.gpus != "all" && !flags.gpus.empty())
    for (int i = 0; i < std::atoi(flags.gpus.c_str()); ++i)
      chosen += (i == 0 ? "" : ",") + std::to_string(i);
  if (!chosen.empty())
    plan.environment.insert(plan.environment.begin(), "CUDA_VISIBLE_DEVICES=" + chosen);
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
  for (auto& [field, reference] : {std::pair{"run", config.run}, std::pair{"train", config.train}})
    if (auto file = config.folder + "/" + reference.substr(0, reference.find(':'));
        !reference.empty() && !std::filesystem::exists(file))
      throw command_error{config.place(field) + file + " does not exist"};
  try {
    auto schema = read_model(config, {}, common).schema;
    write_text(state_folder(config.folder) + "/openapi_schema.json", schema);
    return schema;
  } catch (const unreadable_source& error) {
    common.messages.debug(std::string{"The schema is not known before the model runs: "} + error.what());
    std::error_code ignored;
    std::filesystem::remove(state_folder(config.folder) + "/openapi_schema.json", ignored);
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
    ready.plan.image = derived_image_name(config.folder);
    build_environment(config, flags.image, common, ready.plan.image);
    ready.where = std::make_unique<docker_engine>(*client, common.messages);
  } else {
    choose_gpus_here(ready.plan, flags, common.messages);
    auto state = state_folder(config.folder);
    if (auto schema = state + "/openapi_schema.json";
        state != config.folder + "/.cog" && std::filesystem::exists(schema))
      ready.plan.environment.insert(ready.plan.environment.begin(), "COG_OPENAPI_SCHEMA=" + schema);
    ready.where = std::make_unique<host_engine>(config, find_installation(common), common.messages);
  }
  return ready;
}

launch prepare_launch_of_image(const session& common, const launch_flags& flags, const std::string& image,
                               std::map<std::string, std::string>& labels) {
  if (flags.engine == "host")
    throw command_error{"the image " + image +
                        " needs Docker: the host engine (--engine host, COG_ENGINE=host) runs the source of a project, "
                        "in its folder and without naming an image"};
  std::string problem;
  auto client = find_docker(problem);
  if (!client)
    throw command_error{"the image " + image + " needs Docker, which cannot be used: " + problem};
  auto where = std::make_unique<docker_engine>(*client, common.messages);
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

bool is_docker_remote(const launch_flags& flags) {
  auto* address = std::getenv("DOCKER_HOST");
  std::string_view host{address ? address : ""};
  return flags.engine != "host" && (host.starts_with("tcp://") || host.starts_with("ssh://"));
}

void run_to_the_end(launch& what, const console& messages, std::chrono::seconds grace, onlooker look) {
  interrupts signals;
  auto program = what.where->start(what.plan);
  for (;;) {
    std::array<pollfd, 2> watched{pollfd{program->descriptor(), POLLIN, 0}, pollfd{signals.descriptor(), POLLIN, 0}};
    poll(watched.data(), watched.size(), look ? look_interval : -1);
    if (look && !program->has_ended() && !look(*program, signals))
      look = nullptr;
    // What runs in our terminal gets Ctrl+C itself.
    auto signal = signals.take();
    if (signal != 0 && (what.plan.server || signal != SIGINT) && !program->has_ended()) {
      messages.info("Stopping (again to kill)");
      program->stop(grace, signals);
      if (what.plan.server)
        return;
      throw silent_exit{128 + signal};
    }
    if (!program->has_ended())
      continue;
    auto status = program->wait();
    if (status == 0)
      return;
    bool retry = program->lacks_gpu_driver();
    if (!retry && !what.plan.server)
      throw silent_exit{status};
    if (!retry)
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
                                  : command + " on this machine...";
}

}   // namespace cog
