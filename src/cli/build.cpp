#include "cli/commands.hpp"
#include "cli/config/cog_yaml.hpp"
#include "cli/config/registry_model.hpp"
#include "cli/image/build.hpp"
#include "cli/image/image_name.hpp"
#include <filesystem>
#include <memory>

namespace cog {

namespace {

struct build_flags {
  image_flags image;
  std::string tag;
  std::string file = "cog.yaml";
};

/// What the user asked for, else the name that cog.yaml or COG_MODEL gives, else one made of the folder's.
std::string image_name(const build_flags& flags, const project_config& config, const session& common) {
  auto model = find_model(config, common.registry);
  if (!flags.tag.empty())
    return flags.tag;
  if (!model.repository.empty())
    return model.tag.empty() ? model.repository : model.repository + ":" + model.tag;
  return config.image.empty() ? derived_image_name(config.folder) : config.image;
}

void build(const build_flags& flags, const session& common) {
  auto config = load_config(std::filesystem::current_path().string(), flags.file, common.messages);
  auto name = image_name(flags, config, common);
  check_image_name(name);
  common.messages.info("Building Docker image from environment in cog.yaml as " + name + "...");
  build_image(config, flags.image, common, name);
  common.messages.success("Image built as " + name);
}

}   // namespace

void add_build(CLI::App& app, session& common) {
  auto* command = app.add_subcommand("build", "Build an image from cog.yaml");
  auto flags = std::make_shared<build_flags>();
  command->add_option("-t,--tag", flags->tag, "A name for the built image in the form 'repository:tag'");
  command->add_option("-f,--file", flags->file, "The name of the config file")->capture_default_str();
  add_base_flags(*command, flags->image);
  add_build_flags(*command, flags->image);
  command->callback([command, flags, &common] {
    check_image_flags(*command, flags->image);
    build(*flags, common);
  });
}

}   // namespace cog
