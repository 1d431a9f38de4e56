#include "cli/commands.hpp"
#include "cli/hush.hpp"
#include "cli/config/cog_yaml.hpp"
#include "cli/config/words.hpp"
#include "cli/engine/docker.hpp"
#include "cli/image/schema.hpp"
#include "cli/usage.hpp"
#include "json/json_tree.hpp"
#include "prediction/schema.hpp"
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

namespace cog {

namespace {

std::string image_names() {
  std::string problem;
  auto client = find_docker(problem);
  return client
    ? client->run({"image", "ls", "--filter", "label=run.cog.config", "--format", "{{.Repository}}:{{.Tag}}"}).out
    : std::string{};
}

/// Each with its `=`.
std::string input_names(const session& common) {
  auto config = load_config(std::filesystem::current_path().string(), "cog.yaml", common.messages);
  std::string names, problem;
  auto model = make_document(read_model(config, {}, common).schema, problem);
  json_error ignored;
  auto document = model ? parse_json(std::string_view{model->json}, ignored) : std::nullopt;
  auto* inputs = document ? document->find_path({"components", "schemas", "Input", "properties"}) : nullptr;
  if (inputs)
    for (auto& [name, schema] : inputs->members)
      names += std::string{name} + "=\n";
  return names;
}

std::string flags_of(const CLI::App& app) {
  std::string words;
  for (auto* option : shown_options(app))
    for (auto& name : option->get_lnames())
      words += " --" + name;
  return words;
}

/// The flags of a command, or its commands and theirs.
std::string words_of(const CLI::App& command) {
  auto words = flags_of(command);
  for (auto* nested : shown_commands(command))
    words += " " + nested->get_name() + flags_of(*nested);
  return words;
}

/// A case for each flag that takes one of a few words.
std::string bash_values(const CLI::App& app) {
  std::string cases;
  for (auto* option : shown_options(app))
    for (auto& name : option->get_lnames())
      if (auto words = choices_of(*option); !words.empty())
        cases += "    " + app.get_name() + ":--" + name + ") words=\"" + joined(words, " ") + "\" ;;\n";
  return cases;
}

std::string bash_script(const CLI::App& app) {
  std::string names, cases, values;
  for (auto* command : shown_commands(app)) {
    names += command->get_name() + " ";
    values += bash_values(*command);
    cases += "    " + command->get_name() + ") words=\"" + words_of(*command) + flags_of(app) + "\" ;;\n";
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
    "  case $command:${COMP_WORDS[COMP_CWORD-1]} in\n" +
    values +
    "    run:-i|run:--input|train:-i|train:--input) words=$(cog complete inputs 2>/dev/null); compopt -o nospace ;;\n"
    "    run:*) [[ $current == -* ]] || words=$(cog complete images 2>/dev/null) ;;\n"
    "    completion:*) words=\"bash fish powershell zsh\" ;;\n"
    "    help:*|man:*) words=\"" +
    names +
    "\" ;;\n"
    "  esac\n"
    "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
    "  if [[ -n $command && $current != -* && ${#COMPREPLY[@]} == 0 ]]; then\n"
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
    if (auto words = choices_of(*option); !words.empty())
      script += " -f -a " + quoted(joined(words, " "));
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
    auto within = " -n '__fish_seen_subcommand_from " + command->get_name() + "'";
    add_fish_options(script, *command, within);
    for (auto* nested : shown_commands(*command)) {
      script +=
        "complete -c cog -f" + within + " -a " + nested->get_name() + " -d " + quoted(nested->get_description()) + "\n";
      add_fish_options(script, *nested, " -n '__fish_seen_subcommand_from " + nested->get_name() + "'");
    }
  }
  script += "complete -c cog -f -n '__fish_seen_subcommand_from run' -a '(cog complete images 2>/dev/null)'\n";
  script +=
    "complete -c cog -n '__fish_seen_subcommand_from run train' -s i -l input -x -a "
    "'(cog complete inputs 2>/dev/null)'\n";
  return script;
}

std::string powershell_words(const std::string& words) {
  std::string list;
  for (auto& word : split(trimmed(words), " "))
    if (!word.empty())
      list += (list.empty() ? "'" : ", '") + word + "'";
  return "@(" + list + ")";
}

std::string powershell_script(const CLI::App& app) {
  std::string names, cases, values;
  for (auto* command : shown_commands(app)) {
    names += command->get_name() + " ";
    cases +=
      "    '" + command->get_name() + "' { $words = " + powershell_words(words_of(*command) + flags_of(app)) + " }\n";
    for (auto* option : shown_options(*command))
      for (auto& name : option->get_lnames())
        if (auto words = choices_of(*option); !words.empty())
          values += "    '" + command->get_name() + ":--" + name +
            "' { $words = " + powershell_words(joined(words, " ")) + " }\n";
  }
  return "Register-ArgumentCompleter -Native -CommandName cog -ScriptBlock {\n"
         "  param($current, $line, $position)\n"
         "  $given = @($line.CommandElements | ForEach-Object { $_.ToString() })\n"
         "  if ($current) { $given = @($given | Select-Object -SkipLast 1) }\n"
         "  $command = $given | Select-Object -Skip 1 | Where-Object { $_ -notlike '-*' } | Select-Object -First 1\n"
         "  $words = " +
    powershell_words(names + flags_of(app)) + "\n  switch ($command) {\n" + cases +
    "  }\n  switch (\"${command}:$($given[-1])\") {\n" + values +
    "    { $_ -in 'run:-i', 'run:--input' } { $words = @(cog complete inputs 2>$null) }\n"
    "  }\n"
    "  $words | Where-Object { $_ -like \"$current*\" } |\n"
    "    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }\n"
    "}\n";
}

}   // namespace

void add_completion(CLI::App& app) {
  auto* command = app.add_subcommand("completion", "Print a script that completes commands and flags in a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh, fish or powershell")
    ->required()
    ->check(CLI::IsMember({"bash", "zsh", "fish", "powershell"}));
  command->callback([&app, shell] {
    std::cout << (*shell == "bash"     ? bash_script(app)
                    : *shell == "zsh"  ? zsh_script(app)
                    : *shell == "fish" ? fish_script(app)
                                       : powershell_script(app));
  });
}

void add_candidates(CLI::App& app, session& common) {
  auto* command = app.add_subcommand("complete", "Print what may be completed")->group("");
  auto what = std::make_shared<std::string>();
  command->add_option("what", *what)->required()->check(CLI::IsMember({"inputs", "images"}));
  command->callback([what, &common] {
    hush quiet;
    try {
      std::cout << (*what == "inputs" ? input_names(common) : image_names());
    } catch (const command_error&) {
      throw silent_exit{1};
    }
  });
}

}   // namespace cog
