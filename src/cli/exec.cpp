#include "cli/commands.hpp"
#include "cli/engine/docker_arguments.hpp"
#include "cli/engine/port_check.hpp"
#include "cli/engine/start_error.hpp"
#include "cli/launch.hpp"
#include <filesystem>
#include <memory>

namespace cog {

namespace {

constexpr std::chrono::seconds stop_grace{10};

struct exec_flags {
  launch_flags launch;
  std::vector<std::string> ports;
  std::vector<std::string> command;
};

void exec(const session& common, const exec_flags& flags) {
  std::vector<published_port> ports;
  for (auto& text : flags.ports)
    ports.push_back(parse_published_port(text));
  auto config = load_config(std::filesystem::current_path(), flags.launch.file, common.messages);
  if (flags.launch.engine != "host" && !is_docker_remote(flags.launch))
    check_ports(ports);
  auto ready = prepare_launch(common, flags.launch, config);
  ready.plan.command = flags.command;
  ready.plan.ports = std::move(ports);
  ready.plan.init = true;
  ready.plan.interactive = true;
  common.messages.info("");
  common.messages.info(announcement(ready));
  common.messages.info("");
  if (!ready.plan.ports.empty() && !ready.where->has_images())
    common.messages.warn("-p has no effect on the host engine: what the command listens on is open as it is");
  try {
    run_to_the_end(ready, common.messages, stop_grace);
  } catch (const start_error& error) {
    common.messages.error(error.what());
    throw silent_exit{error.exit_code};
  }
}

}   // namespace

void add_exec(CLI::App& app, session& common) {
  auto flags = std::make_shared<exec_flags>();
  auto* command = app.add_subcommand("exec", "Run a command in the model's environment");
  // The first word that is no flag of ours begins the command, whatever follows it.
  command->prefix_command()->fallthrough(false);
  command->add_flag("--debug", common.messages.show_debug, "Show debugging output");
  command->add_flag_callback(
    "--no-color", [&common] { common.messages.color = false; }, "Disable coloured output");
  command->add_option("-p,--publish", flags->ports, "Publish a port, as in 8000 or 0.0.0.0:8000")
    ->allow_extra_args(false);
  add_environment_flag(*command, flags->launch);
  add_launch_flags(*command, flags->launch);
  command->callback([&common, flags, command] {
    flags->command = command->remaining();
    if (!flags->command.empty() && flags->command.front().starts_with('-'))
      throw usage_error{"unknown flag: " + flags->command.front()};
    if (common.after_dashes) {
      if (!flags->command.empty())
        flags->command.emplace_back("--");   // the command's own
      flags->command.insert(flags->command.end(), common.after_dashes->begin(), common.after_dashes->end());
    }
    if (flags->command.empty())
      throw usage_error{"a command is needed, as in: cog exec python"};
    check_image_flags(*command, flags->launch.image);
    exec(common, *flags);
  });
}

}   // namespace cog
