#include "access/api_key.hpp"
#include "cli/commands.hpp"
#include <fcntl.h>
#include <iostream>
#include <memory>
#include <unistd.h>

namespace cog {

namespace {

struct new_key_flags {
  std::string name;
  std::string scope;
  std::string rate;
  std::string burst;
  std::string concurrent;
  std::string expires;
  std::string file;
};

std::string options_of(const new_key_flags& flags) {
  std::string text;
  auto add = [&](const char* name, const std::string& value) {
    if (!value.empty())
      text += (text.empty() ? "" : " ") + std::string{name} + "=" + value;
  };
  add("scope", flags.scope);
  add("rate", flags.rate);
  add("burst", flags.burst);
  add("concurrent", flags.concurrent);
  add("expires", flags.expires);
  return text;
}

/// In one write, so that a server which reads meanwhile sees the whole line or nothing of it. A new file is for its owner
/// alone.
void append_line(const std::string& path, const std::string& line) {
  constexpr mode_t for_owner = 0600;
  auto file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, for_owner);
  auto whole = line + "\n";
  bool good = file >= 0 && ::write(file, whole.data(), whole.size()) == static_cast<ssize_t>(whole.size());
  std::error_code problem{errno, std::generic_category()};
  if (file >= 0)
    ::close(file);
  if (!good)
    throw command_error{path + " cannot be written: " + problem.message()};
}

void make_key(const new_key_flags& flags, const session& common) {
  auto key = make_api_key();
  auto line = api_key_line(flags.name, key, options_of(flags));
  std::string problem;
  if (!read_api_keys(line, problem))
    throw usage_error{problem.substr(problem.find(": ") + 2)};
  if (!flags.file.empty())
    append_line(flags.file, line);
  std::cout << key << '\n';
  if (flags.file.empty())
    std::cout << line << '\n';
  common.messages.info(
    flags.file.empty() ? "The first line is the key, which nobody can show again; the second is for COG_API_KEYS_FILE."
                       : "This is the key, which nobody can show again; its line is in " + flags.file + ".");
}

}   // namespace

void add_keys(CLI::App& app, session& common) {
  auto* command = app.add_subcommand("keys", "Make API keys for a server");
  command->require_subcommand(1);
  auto* make = command->add_subcommand("new", "Make a key: print it once, and the line that a server knows it by");
  auto flags = std::make_shared<new_key_flags>();
  make->add_option("name", flags->name, "Whose key it is: letters, digits and . _ -")->required();
  make->add_option("--scope", flags->scope,
                   "What it may do: read, predict, admin, with commas (default: predict,read)");
  make->add_option("--rate", flags->rate, "New predictions: 60/m, 2/s, 1000/h (default: no limit)");
  make->add_option("--burst", flags->burst, "Of these, so many at once (default: the number of the rate)");
  make->add_option("--concurrent", flags->concurrent, "Predictions in flight (default: no limit)");
  make->add_option("--expires", flags->expires, "The day it is no longer good, in UTC: 2027-01-31 (default: never)");
  make->add_option("--file", flags->file, "Add the line to this file instead of printing it");
  make->callback([flags, &common] { make_key(*flags, common); });
}

}   // namespace cog
