#include "cli/cog.hpp"
#include "cli/commands.hpp"
#include "cli/interruptible_output.hpp"
#include "cli/usage.hpp"
#include "version.hpp"
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace cog {

namespace {

/// The first argument that is no flag: the name of a command. Empty if there is none.
std::string command_of(const std::vector<std::string>& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i)
    if (arguments[i] == "--registry" || arguments[i] == "--home")
      ++i;
    else if (!arguments[i].starts_with('-'))
      return arguments[i];
  return {};
}

bool is_known(const CLI::App& app, const std::string& name) {
  auto commands = app.get_subcommands(nullptr);
  return std::any_of(commands.begin(), commands.end(), [&](auto* one) { return one->check_name(name); });
}

/// Takes `--` and what follows it off the arguments.
std::optional<std::vector<std::string>> take_after_dashes(std::vector<std::string>& arguments) {
  auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  if (dashes == arguments.end())
    return std::nullopt;
  std::vector<std::string> rest{dashes + 1, arguments.end()};
  arguments.erase(dashes, arguments.end());
  return rest;
}

/// Of the command that was given, else of all.
std::string help_of(const CLI::App& app) {
  auto commands = app.get_subcommands();
  return commands.empty() ? app.help() : commands.front()->help(app.get_name());
}

void add_commands(CLI::App& app, session& common) {
  add_bench(app, common);
  add_build(app, common);
  add_debug(app, common);
  add_deploy(app, common);
  add_doctor(app, common);
  add_exec(app, common);
  add_init(app, common);
  add_keys(app, common);
  add_login(app, common);
  add_playground(app, common);
  add_push(app, common);
  add_run(app, common);
  add_serve(app, common);
  add_top(app, common);
  add_train(app, common);
  add_absent_commands(app);
  add_completion(app);
  add_candidates(app, common);
  add_help(app);
  add_man(app);
  add_footers(app);
}

}   // namespace

int run_tool(int argc, char** argv) {
  interruptible_output output;
  session common;
  CLI::App app{"Containers for machine learning: builds, serves and runs models.", "cog"};
  app.get_formatter()->column_width(34);
  app.fallthrough();
  bool no_color = false;
  bool version = false;
  app.add_flag("--debug", common.messages.show_debug, "Show debugging output");
  app.add_flag("--no-color", no_color, "Disable coloured output");
  app.add_flag("--version", version, "Show version of Cog");
  app.add_option("--registry", common.registry, "Registry of login, of models without a host and of Cog's base images")
    ->envname("COG_REGISTRY_HOST");
  app.add_option("--home", common.home, "Folder of the program, given by its launcher")->group("");
  app.parse_complete_callback([&] {
    common.messages.color &= !no_color;
    if (version) {
      std::cout << "cog version " << build_version << " (built " << build_time << ")\n";
      throw silent_exit{0};
    }
  });
  common.registry = "r8.im";
  add_commands(app, common);

  try {
    std::vector<std::string> arguments{argv + 1, argv + argc};
    auto name = command_of(arguments);
    if (!name.empty() && !is_known(app, name))
      throw command_error{explain_unknown(app, name)};
    auto asks_help = std::find(arguments.begin(), arguments.end(), "--help") != arguments.end();
    if ((name == "help" || name == "man") && !asks_help) {
      auto topic = std::find(arguments.begin(), arguments.end(), name) + 1;
      std::cout << text_about(app, name, topic == arguments.end() ? std::string{} : *topic);
      return 0;
    }
    if (name == "exec")
      common.after_dashes = take_after_dashes(arguments);
    std::reverse(arguments.begin(), arguments.end());   // as CLI11 takes them
    app.parse(std::move(arguments));
    if (app.get_subcommands().empty())
      std::cout << app.help();
    return 0;
  } catch (const CLI::CallForHelp&) {
    std::cout << help_of(app);
    return 0;
  } catch (const CLI::ParseError& error) {
    common.messages.error([&] {
      auto text = explain(app, error);
      return text + (text.ends_with('?') ? " " : ". ") + where_help_is(app);
    }());
  } catch (const usage_error& error) {
    common.messages.error(std::string{error.what()} + ". " + where_help_is(app));
  } catch (const silent_exit& exit) {
    std::cout.flush();
    return exit.code;
  } catch (const std::exception& error) {
    common.messages.error(error.what());
  }
  return 1;
}

}   // namespace cog
