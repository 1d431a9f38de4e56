#include "cli/commands.hpp"
#include "cli/predict.hpp"
#include "cli/said_today.hpp"
#include <filesystem>
#include <memory>

namespace cog {

namespace {

void add_prediction_flags(CLI::App& command, prediction_request_flags& flags) {
  command.add_option("image", flags.image, "An image to run; without one, the project of cog.yaml");
  command.add_option("-i,--input", flags.inputs, "Inputs, in the form name=value; a value of @file is read from there")
    ->allow_extra_args(false);
  command.add_option("-o,--output", flags.output, "Where the output is written");
  add_environment_flag(command, flags.launch);
  add_launch_flags(command, flags.launch);
}

/// Only where there is a project can it be noted that this has been said.
void warn_of_old_name(const session& common, const std::string& text) {
  auto folder = std::filesystem::current_path();
  if (std::filesystem::exists(folder / "cog.yaml"))
    warn_once_a_day(common.messages, folder.string(), text);
  else
    common.messages.warn(text);
}

CLI::App* add_prediction(CLI::App& app, session& common, const std::string& name, const std::string& what,
                         bool deprecated) {
  auto flags = std::make_shared<prediction_request_flags>();
  auto* command = app.add_subcommand(name, what);
  add_prediction_flags(*command, *flags);
  command->add_option("--json", flags->json, "All inputs as a JSON object, @file, or - for standard input");
  command->add_flag("--inputs", flags->list_inputs, "Show what the model takes, and run nothing");
  command->add_option("--setup-timeout", flags->setup_timeout, "Seconds that setup() may take")->default_str("300");
  command->add_flag("--use-replicate-token", flags->use_replicate_token,
                    "Pass REPLICATE_API_TOKEN on in the context of the prediction");
  command->callback([&common, flags, command, deprecated] {
    check_image_flags(*command, flags->launch.image);
    if (deprecated)
      warn_of_old_name(common, "\"cog predict\" is deprecated, use \"cog run\"");
    predict(common, *flags);
  });
  return command;
}

}   // namespace

void add_run(CLI::App& app, session& common) {
  add_prediction(app, common, "run", "Run a prediction", false);
  add_prediction(app, common, "predict", "Run a prediction", true)->group("");
}

void add_train(CLI::App& app, session& common) {
  auto flags = std::make_shared<prediction_request_flags>();
  flags->training = true;
  auto* command = app.add_subcommand("train", "Run a training")->group("");
  add_prediction_flags(*command, *flags);
  command->callback([&common, flags, command] {
    check_image_flags(*command, flags->launch.image);
    warn_of_old_name(common,
                     "Command \"train\" is deprecated, the train command will be removed in a future version of Cog");
    predict(common, *flags);
  });
}

}   // namespace cog
