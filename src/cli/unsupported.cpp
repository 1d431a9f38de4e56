#include "cli/commands.hpp"

namespace cog {

namespace {

void add_absent(CLI::App& app, const std::string& name, const std::string& description, const std::string& instead) {
  auto* command = app.add_subcommand(name, description)->fallthrough(false)->allow_extras();
  command->callback([name, instead] { throw command_error{"cog " + name + " is not available: " + instead}; });
}

}   // namespace

void add_absent_commands(CLI::App& app) {
  add_absent(app, "weights", "Manage model weights (not available)",
             "this build of Cog has none; keep weights in the project folder and build with --separate-weights");
}

}   // namespace cog
