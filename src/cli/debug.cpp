#include "cli/commands.hpp"
#include "cli/config/cog_yaml.hpp"
#include "cli/image/dockerfile.hpp"
#include "cli/image/image_flags.hpp"
#include "cli/image/weights.hpp"
#include "version.hpp"
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>

namespace cog {

namespace {

struct debug_flags {
  image_flags image;
  std::string name;
  std::string file = "cog.yaml";
};

void print_dockerfile(const debug_flags& flags, const session& common) {
  auto config = load_config(std::filesystem::current_path().string(), flags.file, common.messages);
  auto plan = plan_image(config, base_of(flags.image, common), common.messages);
  plan.precompile = flags.image.precompile;
  plan.strip = flags.image.strip;
  plan.wheel = "cog_cpp-" + std::string{build_version} + ".whl";
  auto* certificates = std::getenv("COG_CA_CERT");
  plan.certificate = certificates != nullptr && *certificates != '\0';
  if (!flags.image.separate_weights) {
    std::cout << shown_dockerfile(plan);
    return;
  }
  plan.weights = find_weights(config.folder);
  plan.weights_image = (flags.name.empty() ? derived_image_name(config.folder) : flags.name) + "-weights";
  std::cout << "=== Weights Dockerfile contents:\n" << weights_dockerfile(plan.weights);
  std::cout << "\n=== Runner Dockerfile contents:\n" << shown_dockerfile(plan);
  std::cout << "\n=== Excluded from the image's own context:\n.cog\n";
  for (auto& path : plan.weights)
    std::cout << path << '\n';
}

}   // namespace

void add_debug(CLI::App& app, session& common) {
  auto* command = app.add_subcommand("debug", "Print the Dockerfile that is generated from cog.yaml")->group("");
  auto flags = std::make_shared<debug_flags>();
  command->add_option("--image-name", flags->name, "The name of the image");
  command->add_option("-f,--file", flags->file, "The name of the config file")->capture_default_str();
  add_base_flags(*command, flags->image);
  add_build_flags(*command, flags->image);
  command->callback([command, flags, &common] {
    check_image_flags(*command, flags->image);
    print_dockerfile(*flags, common);
  });
}

}   // namespace cog
