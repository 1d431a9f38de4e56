#include "cli/commands.hpp"
#include "cli/config/cog_yaml.hpp"
#include "cli/config/registry_model.hpp"
#include "cli/config/words.hpp"
#include "cli/engine/docker.hpp"
#include "cli/image/build.hpp"
#include "cli/image/image_name.hpp"
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iomanip>
#include <memory>
#include <random>
#include <sstream>

namespace cog {

namespace {

struct push_flags {
  image_flags image;
  std::string name;
  std::string file = "cog.yaml";
};

/// A UUID of version 7: the time in milliseconds, then chance.
std::string push_id() {
  std::random_device random;
  auto now = std::chrono::system_clock::now().time_since_epoch();
  auto time = static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  std::ostringstream id;
  id << std::hex << std::setfill('0') << std::setw(8) << (time >> 16 & 0xffffffff) << '-' << std::setw(4)
     << (time & 0xffff) << "-7" << std::setw(3) << (random() & 0xfff) << '-' << std::setw(4)
     << (0x8000 | (random() & 0x3fff)) << '-' << std::setw(4) << (random() & 0xffff) << std::setw(8) << random();
  return id.str();
}

std::string target_of(const push_flags& flags, const project_config& config, const session& common) {
  auto model = find_model(config, common.registry);
  if (!model.repository.empty() && !flags.name.empty())
    throw command_error{model.from + " names " + model.repository +
                        ", so no image name can be given: set COG_MODEL instead"};
  if (!model.repository.empty())
    return name_to_push(model);
  auto name = flags.name.empty() ? config.image : flags.name;
  if (name.empty())
    throw command_error{
      "To push an image, either set the 'image' option in cog.yaml or pass an image name as an "
      "argument, as in `cog push registry.example.com/your-username/model-name`"};
  return name;
}

docker_client reach_docker() {
  std::string problem;
  if (auto client = find_docker(problem))
    return *client;
  throw command_error{"Docker cannot be used: " + problem};
}

bool is_about_credentials(const std::string& words) {
  for (auto* sign : {"denied", "unauthorized", "authentication required", "no basic auth credentials"})
    if (words.find(sign) != std::string::npos)
      return true;
  return false;
}

/// `repository@digest`, as the registry knows the image that was pushed; its name where Docker does not tell.
std::string pushed_as(const docker_client& client, const std::string& name) {
  auto known = client.run({"image", "inspect", "--format", "{{range .RepoDigests}}{{println .}}{{end}}", name});
  for (auto& line : split(known.out, "\n"))
    if (line.starts_with(repository_of(name) + "@"))
      return line;
  return name;
}

void push(const push_flags& flags, const session& common) {
  auto config = load_config(std::filesystem::current_path().string(), flags.file, common.messages);
  auto name = target_of(flags, config, common);
  check_image_name(name);
  common.messages.info("Building Docker image from environment in cog.yaml as " + name + "...");
  build_image(config, flags.image, common, name, {{"run.cog.push_id", push_id()}});
  common.messages.info("Pushing to " + name + "...");
  auto client = reach_docker();
  if (auto done = client.run_shown({"push", name}, common.messages); done.status != 0) {
    auto words = docker_words(done);
    throw command_error{"failed to push " + name + ": " + words +
                        (is_about_credentials(words) ? "; log in with `cog login --registry " + registry_of(name) +
                             "`, as somebody who may write there"
                                                     : "")};
  }
  common.messages.success("Image pushed");
  common.messages.info("  image  " + pushed_as(client, name));
}

}   // namespace

void add_push(CLI::App& app, session& common) {
  auto* command = app.add_subcommand("push", "Build an image from cog.yaml and push it to a registry");
  auto flags = std::make_shared<push_flags>();
  command->add_option("image", flags->name, "The name of the image; default: `image` of cog.yaml");
  command->add_option("-f,--file", flags->file, "The name of the config file")->capture_default_str();
  add_base_flags(*command, flags->image);
  add_build_flags(*command, flags->image);
  command->callback([command, flags, &common] {
    check_image_flags(*command, flags->image);
    push(*flags, common);
  });
}

}   // namespace cog
