#include "cli/image/image_flags.hpp"
#include <CLI/CLI.hpp>
#include <array>
#include <cstdlib>

namespace cog {

namespace {

std::string variable(const char* name) {
  auto* value = std::getenv(name);
  return value == nullptr ? std::string{} : value;
}

std::string default_progress() {
  auto given = variable("BUILDKIT_PROGRESS");
  if (!given.empty())
    return given;
  return variable("TERM") == "dumb" ? "plain" : "auto";
}

}   // namespace

void add_base_flags(CLI::App& command, image_flags& flags) {
  flags.progress = default_progress();
  command.add_option("--progress", flags.progress, "Type of build progress output: auto, tty, plain or quiet")
    ->check(CLI::IsMember({"auto", "tty", "plain", "quiet"}));
  command.add_flag("--use-cog-base-image", flags.use_cog_base_image,
                   "Start from a Cog base image, which has many packages");
  command.add_option("--use-cuda-base-image", flags.use_cuda_base_image,
                     "Start from an NVIDIA CUDA image when a GPU is wanted: auto, true or false");
  command.add_option("--dockerfile", flags.dockerfile, "A Dockerfile to use instead of the generated one")->group("");
}

void add_build_flags(CLI::App& command, image_flags& flags) {
  command.add_flag("--no-cache", flags.no_cache, "Do not use cache when building the image");
  command
    .add_option("--secret", flags.secrets,
                "Secret for the build, as id=mysecret,src=/local/secret; src is relative to the project")
    ->allow_extra_args(false);
  command.add_flag("--separate-weights", flags.separate_weights, "Keep model weights in layers of their own");
  command.add_option("--openapi-schema", flags.openapi_schema, "File with the OpenAPI schema of the model");
  command.add_flag("--skip-schema-validation", flags.skip_schema_validation, "Do not check the OpenAPI schema")
    ->group("");
  command.add_option("--timestamp", flags.timestamp, "Time of the image's layers, in seconds since 1970")->group("");
  command.add_flag("--strip", flags.strip, "Take debug symbols out of the libraries of packages");
  command.add_flag("--precompile", flags.precompile, "Compile all Python in the image, for a quicker start");
}

void check_image_flags(const CLI::App& command, image_flags& flags) {
  std::vector<std::string> given;
  for (auto* name : {"--use-cog-base-image", "--use-cuda-base-image", "--dockerfile"})
    if (command.get_option(name)->count() > 0)
      given.emplace_back(name);
  if (given.size() > 1)
    throw command_error{"The flags " + given[0] + " and " + given[1] +
                        " are mutually exclusive: you can only set one of them."};
  flags.says_cog_base_image = command.get_option("--use-cog-base-image")->count() > 0;
}

base_flags base_of(const image_flags& flags, const session& common) {
  base_flags base;
  if (flags.says_cog_base_image)
    base.use_cog_base_image = flags.use_cog_base_image;
  base.use_cuda_base_image = flags.use_cuda_base_image;
  base.override_image = variable("COG_BASE_IMAGE");
  base.registry = common.registry;
  return base;
}

}   // namespace cog
