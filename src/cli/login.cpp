#include "cli/commands.hpp"
#include "cli/config/words.hpp"
#include "cli/engine/docker.hpp"
#include "cli/engine/pipe.hpp"
#include <iostream>
#include <memory>
#include <termios.h>
#include <unistd.h>

namespace cog {

namespace {

/// Registries that know a token by itself take any name.
constexpr const char* name_beside_token = "cog";

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
void hand_to_docker(const session& common, const std::string& user, const std::string& password) {
  auto& host = common.registry;
  std::string problem;
  auto client = find_docker(problem);
  if (!client)
    throw command_error{"Docker cannot be used: " + problem};
  auto [from, to] = make_pipe();
  write_all(to.get(), password + "\n");
  to.reset();
  auto done = client->run_shown({"login", "--username", user, "--password-stdin", host}, common.messages, from.get());
  if (done.status != 0)
    throw command_error{"cannot log in to " + host + " as " + user + ": " + docker_words(done)};
  std::cerr << done.err;
}

struct login_flags {
  bool token_from_stdin = false;
  std::string user;
};

void login(const session& common, const login_flags& flags) {
  auto user = flags.user;
  std::string password;
  if (flags.token_from_stdin) {
    std::getline(std::cin, password);
    password = trimmed(password);
    if (user.empty())
      user = name_beside_token;
    if (password.empty())
      throw command_error{"no token on standard input"};
    if (password.starts_with("r8_"))
      throw command_error{"this is an API token, which registries do not take: use a command line token"};
  } else {
    if (user.empty())
      user = ask("Username: ");
    if (user.empty())
      throw command_error{"username cannot be empty"};
    password = ask_hidden("Password: ");
    if (password.empty())
      throw command_error{"password cannot be empty"};
  }
  hand_to_docker(common, user, password);
}

}   // namespace

void add_login(CLI::App& app, session& common) {
  auto* command = app.add_subcommand("login", "Log in to a container registry");
  auto flags = std::make_shared<login_flags>();
  command->add_flag("--token-stdin", flags->token_from_stdin, "Read a token or a password from standard input");
  command->add_option("-u,--username", flags->user, "Who logs in; asked for, or of no concern beside a token");
  command->callback([flags, &common] {
    login(common, *flags);
    common.messages.success("Logged in to " + common.registry);
  });
}

}   // namespace cog
