#pragma once
#include "cli/config/cog_yaml.hpp"
#include "cli/engine/engine.hpp"
#include "cli/image/image_flags.hpp"
#include <CLI/App.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cog {

/// The flags of the commands that start a model: serve, run, exec, train.
struct launch_flags {
  std::string file = "cog.yaml";
  std::string engine;   // docker or host; empty: Docker where there is one
  std::string gpus;
  std::vector<std::string> environment;   // of `-e`
  image_flags image;
};

void add_launch_flags(CLI::App& command, launch_flags& flags);
void add_environment_flag(CLI::App& command, launch_flags& flags);

/// Where a project runs, ready to start: the image is built, or the environment on this machine made.
struct launch {
  std::unique_ptr<engine> where;
  run_plan plan;   // image, folder, GPUs and environment are filled in
};

/// Reads the model's OpenAPI document in its source and keeps it where the server looks for it. Empty when the source
/// does not tell: then only the running model does. Throws command_error when there is no source.
std::string read_project_schema(const session& common, const project_config& config);

/// Throws command_error.
launch prepare_launch(const session& common, const launch_flags& flags, const project_config& config);

/// The same for an image that is there already. `labels` become those of the image.
launch prepare_launch_of_image(const session& common, const launch_flags& flags, const std::string& image,
                               std::map<std::string, std::string>& labels);

/// Does Docker run on another machine, if it is used?
bool is_docker_remote(const launch_flags& flags);

/// Looks at a program that runs, at least every 100 ms; false: it wants to look no more.
using onlooker = std::function<bool(running&, const interrupts&)>;

/// Runs a plan until it ends or a signal asks us to stop it, which takes at most `grace`. Another program than a server
/// ends this with its own exit code, by silent_exit; 128 and the number of the signal after one. Throws command_error
/// when a server ends with a status other than 0.
void run_to_the_end(launch& what, const console& messages, std::chrono::seconds grace, onlooker look = {});

/// `Running <command> in Docker ...`, or where it is.
std::string announcement(const launch& what);

}   // namespace cog
