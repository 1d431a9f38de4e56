#include "cli/usage.hpp"
#include "cli/config/words.hpp"
#include "cli/console.hpp"
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

namespace cog {

namespace {

/// The name that a mistyped word most likely stands for, or nothing.
std::string nearest_of(const std::string& word, const std::vector<std::string>& names) {
  std::string best;
  for (auto& name : names)
    best = std::string{nearest(word, {best, name})};
  return best;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 9> other_names{{
  {"infer", "run"},
  {"http", "serve"},
  {"new", "init"},
  {"start", "init"},
  {"auth", "login"},
  {"authenticate", "login"},
  {"authorize", "login"},
  {"ui", "playground"},
  {"gui", "playground"},
}};

struct examples_of {
  const char* command;
  const char* lines;
};

constexpr std::array<examples_of, 22> examples{{
  {"bench",
   "  cog bench http://localhost:8393 --clients 1,4,16\n"
   "  cog bench . --rate 100,200 --duration 30"},
  {"build",
   "  cog build -t registry.example.com/your-name/your-model\n"
   "  cog build --separate-weights --secret id=token,src=token.txt"},
  {"completion", "  source <(cog completion bash)\n  cog completion powershell | Out-String | Invoke-Expression"},
  {"compose", "  cog deploy compose --image registry.example.com/your-name/your-model > compose.yaml"},
  {"debug", "  cog debug > Dockerfile"},
  {"deploy",
   "  cog deploy kubernetes --image registry.example.com/your-name/your-model@sha256:... | kubectl apply -f -\n"
   "  cog deploy compose > compose.yaml\n"
   "  cog deploy systemd > your-model.service"},
  {"doctor", "  cog doctor\n  cog doctor --fix\n  cog doctor --json"},
  {"exec", "  cog exec python\n  cog exec -p 8888 jupyter notebook --ip 0.0.0.0"},
  {"help", "  cog help run"},
  {"init", "  cog init"},
  {"keys",
   "  cog keys new web-shop --file keys.txt\n"
   "  cog keys new batch --scope predict,read --rate 600/m --concurrent 8 --expires 2027-01-31"},
  {"kubernetes",
   "  cog deploy kubernetes --replicas 2 | kubectl apply -f -\n"
   "  cog deploy kubernetes --keda 1:10 --prometheus http://prometheus.monitoring:9090 --monitor pod -o base"},
  {"login",
   "  cog login --registry registry.example.com\n"
   "  cog login --registry registry.example.com --token-stdin < token"},
  {"man", "  cog man run | man -l -"},
  {"playground",
   "  cog playground\n"
   "  cog playground http://localhost:5000 -p 9000 --no-open\n"
   "  cog playground --host 0.0.0.0   # webhooks of containers get through"},
  {"predict", "  cog run -i prompt=hello"},
  {"push", "  cog push registry.example.com/your-name/your-model"},
  {"run",
   "  cog run --inputs\n"
   "  cog run -i image=@in.jpg -i width=128\n"
   "  cog run your-model --json @input.json -o result.json"},
  {"serve",
   "  cog serve\n  cog serve --watch\n  cog serve --playground\n  cog serve -p 5000 --host 0.0.0.0 -e "
   "COG_MAX_QUEUE=10"},
  {"systemd", "  cog deploy systemd --project /srv/your-model > /etc/systemd/system/your-model.service"},
  {"top", "  cog top\n  cog top http://localhost:5000 --once"},
  {"train", "  cog train -i data=@data.csv -o weights"},
}};

constexpr const char* everywhere =
  "Everywhere:\n"
  "  --debug                         Show debugging output\n"
  "  --no-color                      Disable coloured output\n"
  "  --registry HOST                 Registry of login, of models without a host and of Cog's base images "
  "(COG_REGISTRY_HOST)";

/// The commands that a user who typed `wrong` may have meant.
std::vector<std::string> meant_by(const CLI::App& app, const std::string& wrong) {
  std::vector<std::string> found, names;
  for (auto& [name, command] : other_names)
    if (name == wrong)
      found.emplace_back(command);
  for (auto* command : shown_commands(app)) {
    names.push_back(command->get_name());
    if (names.back().starts_with(wrong))
      found.push_back(names.back());
  }
  if (auto close = nearest_of(wrong, names); found.empty() && !close.empty())
    found.push_back(close);
  return found;
}

const CLI::App& given_command(const CLI::App& app) {
  auto commands = app.get_subcommands();
  return commands.empty() ? app : given_command(*commands.front());
}

std::string explain_flag(const CLI::App& app, const std::string& flags) {
  auto flag = flags.substr(0, flags.find_first_of(" ="));
  std::vector<std::string> names;
  for (auto* one : {&given_command(app), &app})
    for (auto* option : one->get_options([](const CLI::Option*) { return true; }))
      for (auto& name : option->get_lnames())
        names.push_back("--" + name);
  auto close = nearest_of(flag, names);
  return "unknown flag: " + flag + (close.empty() ? "" : "; did you mean " + close + "?");
}

/// A text as roff takes it.
std::string roff(const std::string& text) {
  std::string escaped;
  bool line_start = true;
  for (char c : text) {
    if (line_start && (c == '.' || c == '\''))
      escaped += "\\&";
    escaped += c == '\\' ? std::string{"\\e"} : c == '-' ? std::string{"\\-"} : std::string{c};
    line_start = c == '\n';
  }
  return escaped;
}

std::string spelled(const CLI::Option& option) {
  std::vector<std::string> names;
  for (auto& name : option.get_snames())
    names.push_back("-" + name);
  for (auto& name : option.get_lnames())
    names.push_back("--" + name);
  auto text = "\\fB" + roff(joined(names)) + "\\fR";
  if (option.get_items_expected() > 0)
    text += " \\fI" + roff(choices_of(option).empty() ? "VALUE" : joined(choices_of(option), "|")) + "\\fR";
  return text;
}

std::string manual_options(const CLI::App& command) {
  std::string text;
  for (auto* option : shown_options(command))
    text += ".TP\n" + spelled(*option) + "\n" + roff(option->get_description()) + "\n";
  return text;
}

std::string manual_page(const CLI::App& app, const CLI::App& command) {
  auto whole = &command == &app;
  auto name = whole ? "cog" : "cog-" + command.get_name();
  auto page = ".TH " + roff(name) + " 1\n.SH NAME\n" + roff(name + " - " + command.get_description()) +
    "\n.SH SYNOPSIS\n.B cog" + (whole ? "" : " " + command.get_name()) + "\n[OPTIONS]";
  for (auto* option : command.get_options([](const CLI::Option* one) { return one->get_positional(); }))
    page += " [" + roff(option->get_name()) + "]";
  page += whole ? " COMMAND ...\n.SH COMMANDS\n" : "\n";
  if (whole)
    for (auto* one : shown_commands(app))
      page += ".TP\n.B " + roff(one->get_name()) + "\n" + roff(one->get_description()) + "\n";
  page += ".SH OPTIONS\n" + manual_options(command);
  for (auto* nested : shown_commands(command))
    if (!whole)
      page += ".SH COG " + roff(command.get_name() + " " + nested->get_name()) + "\n" +
        roff(nested->get_description()) + "\n" + manual_options(*nested);
  for (auto& [which, lines] : examples)
    if (!whole && which == command.get_name())
      page += std::string{".SH EXAMPLES\n.nf\n"} + roff(lines) + "\n.fi\n";
  return page;
}

const CLI::App& find_command(const CLI::App& app, const std::string& name) {
  for (auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (name == command->get_name())
      return *command;
  throw command_error{explain_unknown(app, name)};
}

/// Adds a command whose argument is a command; `text_about` makes what it prints.
void add_printer(CLI::App& app, const std::string& name, const std::string& what) {
  app.add_subcommand(name, what)->add_option("command", "The command that it is about; default: all");
}

}   // namespace

std::string text_about(const CLI::App& app, const std::string& what, const std::string& topic) {
  auto& about = topic.empty() ? app : find_command(app, topic);
  if (what == "man")
    return manual_page(app, about);
  return about.help(topic.empty() ? "" : "cog");
}

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

std::vector<std::string> choices_of(const CLI::Option& option) {
  auto type = option.get_type_name();
  auto start = type.find('{');
  auto end = type.find('}');
  return start == type.npos || end == type.npos ? std::vector<std::string>{}
                                                : split(type.substr(start + 1, end - start - 1), ",");
}

void add_help(CLI::App& app) {
  add_printer(app, "help", "Show the help of a command");
}

void add_man(CLI::App& app) {
  add_printer(app, "man", "Print the manual page of a command");
}

void add_footers(CLI::App& app) {
  for (auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    add_footers(*command);
    for (auto& [name, lines] : examples)
      if (name == command->get_name())
        command->footer(std::string{"Examples:\n"} + lines + "\n\n" + everywhere);
  }
  if (app.get_parent() == nullptr)
    app.footer("Examples:\n  cog init\n  cog run -i prompt=hello\n  cog help run");
}

std::string explain_unknown(const CLI::App& app, const std::string& name) {
  auto text = "unknown command \"" + name + "\" for \"cog\"";
  auto meant = meant_by(app, name);
  if (!meant.empty())
    text += "\n\nDid you mean this?";
  for (auto& command : meant)
    text += "\n\t" + command;
  return text + "\n\nRun 'cog --help' for usage.";
}

std::string explain(const CLI::App& app, const CLI::ParseError& error) {
  std::string text = error.what();
  for (std::string_view start : {"argument was not expected: ", "arguments were not expected: "})
    if (auto at = text.find(start); at != std::string::npos) {
      auto what = text.substr(at + start.size());
      return what.starts_with('-') ? explain_flag(app, what) : "unexpected argument: " + what;
    }
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string where_help_is(const CLI::App& app) {
  std::string words;
  for (auto* command = &given_command(app); command != &app; command = command->get_parent())
    words.insert(0, command->get_name() + " ");
  return "See 'cog " + words + "--help'.";
}

}   // namespace cog
