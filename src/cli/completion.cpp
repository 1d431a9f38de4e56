#include "cli/commands.hpp"
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

namespace cog {

namespace {

std::vector<const CLI::App*> shown_commands(const CLI::App& app) {
  std::vector<const CLI::App*> shown;
  for (auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!command->get_group().empty())
      shown.push_back(command);
  return shown;
}

std::vector<const CLI::Option*> shown_options(const CLI::App& app) {
  std::vector<const CLI::Option*> shown;
  for (auto* option : app.get_options([](const CLI::Option*) { return true; }))
    if (!option->get_group().empty() && !option->get_positional())
      shown.push_back(option);
  return shown;
}

std::string flags_of(const CLI::App& app) {
  std::string words;
  for (auto* option : shown_options(app))
    for (auto& name : option->get_lnames())
      words += " --" + name;
  return words;
}

std::string bash_script(const CLI::App& app) {
  std::string names, cases;
  for (auto* command : shown_commands(app)) {
    names += command->get_name() + " ";
    cases += "    " + command->get_name() + ") words=\"" + flags_of(*command) + flags_of(app) + "\" ;;\n";
  }
  return "_cog() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} command= word words\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    [[ $word == -* ]] || { command=$word; break; }\n"
         "  done\n"
         "  case $command in\n"
         "    '') words=\"" +
    names + flags_of(app) + "\" ;;\n" + cases +
    "    *) words= ;;\n"
    "  esac\n"
    "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
    "  if [[ -n $command && $current != -* ]]; then\n"
    "    COMPREPLY=($(compgen -f -- \"$current\"))\n"
    "  fi\n"
    "}\n"
    "complete -o filenames -F _cog cog\n";
}

std::string zsh_script(const CLI::App& app) {
  return "#compdef cog\nautoload -U +X bashcompinit && bashcompinit\n" + bash_script(app);
}

/// In single quotes, as fish reads them.
std::string quoted(const std::string& text) {
  std::string all = "'";
  for (char c : text)
    all += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string{c};
  return all + "'";
}

void add_fish_options(std::string& script, const CLI::App& app, const std::string& condition) {
  for (auto* option : shown_options(app)) {
    script += "complete -c cog" + condition;
    for (auto& name : option->get_lnames())
      script += " -l " + name;
    for (auto& name : option->get_snames())
      script += " -s " + name;
    script +=
      (option->get_items_expected() > 0 ? " -r" : "") + std::string{" -d "} + quoted(option->get_description()) + "\n";
  }
}

std::string fish_script(const CLI::App& app) {
  std::string script;
  add_fish_options(script, app, "");
  for (auto* command : shown_commands(app)) {
    script += "complete -c cog -f -n __fish_use_subcommand -a " + command->get_name() + " -d " +
      quoted(command->get_description()) + "\n";
    add_fish_options(script, *command, " -n '__fish_seen_subcommand_from " + command->get_name() + "'");
  }
  return script;
}

}   // namespace

void add_completion(CLI::App& app) {
  auto* command = app.add_subcommand("completion", "Print a script that completes commands and flags in a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([&app, shell] {
    std::cout << (*shell == "bash" ? bash_script(app) : *shell == "zsh" ? zsh_script(app) : fish_script(app));
  });
}

}   // namespace cog
