#include "cli/commands.hpp"
#include "cli/config/words.hpp"
#include "cli/engine/docker.hpp"
#include <iostream>
#include <memory>
#include <termios.h>
#include <unistd.h>

namespace cog {

namespace {

/// Takes the echo off the terminal for as long as it lives.
class hidden_typing {
public:
  hidden_typing() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0)
      return;
    auto quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = tcsetattr(STDIN_FILENO, TCSANOW, &quiet) == 0;
  }
  hidden_typing(const hidden_typing&) = delete;
  ~hidden_typing() {
    if (!changed_)
      return;
    tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    std::cerr << '\n';
  }

private:
  termios before_{};
  bool changed_ = false;
};

std::string ask(const std::string& prompt) {
  std::cerr << prompt << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return trimmed(answer);
}

std::string ask_hidden(const std::string& prompt) {
  hidden_typing hidden;
  return ask(prompt);
}

/// Docker keeps what it accepts where the user has set it up to: its configuration, or a credential helper.
void hand_to_docker(const std::string& host, const std::string& user, const std::string& password) {
  std::string problem;
  auto client = find_docker(problem);
  if (!client)
    throw command_error{"Docker cannot be used: " + problem};
  int ends[2];   // NOLINT(cppcoreguidelines-avoid-c-arrays)
  if (pipe(ends) != 0)
    throw command_error{"cannot make a pipe"};
  unique_fd from{ends[0]}, to{ends[1]};
  process_plan plan{{client->program, "login", "--username", user, "--password-stdin", host}};
  plan.in = from.get();
  plan.out = STDERR_FILENO;
  process program{plan};
  from.reset();
  auto line = password + "\n";
  [[maybe_unused]] auto written = write(to.get(), line.data(), line.size());
  to.reset();
  if (program.wait() != 0)
    throw command_error{"cannot log in to " + host + ": user name or password were not accepted"};
}

void login(const std::string& host, bool token_from_stdin) {
  std::string user, password;
  if (token_from_stdin) {
    std::getline(std::cin, password);
    password = trimmed(password);
    user = "cog";
    if (password.empty())
      throw command_error{"no token on standard input"};
    if (password.starts_with("r8_"))
      throw command_error{"this is an API token, which registries do not take: use a command line token"};
  } else {
    user = ask("Username: ");
    if (user.empty())
      throw command_error{"username cannot be empty"};
    password = ask_hidden("Password: ");
    if (password.empty())
      throw command_error{"password cannot be empty"};
  }
  hand_to_docker(host, user, password);
}

}   // namespace

void add_login(CLI::App& app, session& common) {
  auto* command = app.add_subcommand("login", "Log in to a container registry");
  auto from_stdin = std::make_shared<bool>(false);
  command->add_flag("--token-stdin", *from_stdin, "Read a token from standard input");
  command->callback([from_stdin, &common] {
    login(common.registry, *from_stdin);
    common.messages.success("Logged in to " + common.registry);
  });
}

}   // namespace cog
