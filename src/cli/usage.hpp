#pragma once
#include "cli/session.hpp"
#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace cog {

/// What `cog help` or `cog man` prints of a command, or of all. They are not parsed as others are: their argument names a
/// command, and runs none.
std::string text_about(const CLI::App& app, const std::string& what, const std::string& topic);

/// `cog help [COMMAND]`.
void add_help(CLI::App& app);

/// Gives each command its examples and the options that work everywhere.
void add_footers(CLI::App& app);

/// `cog man [COMMAND]`: a manual page, made of the same texts as the help.
void add_man(CLI::App& app);

/// For the scripts of completion: inputs or images, a word a line. Says nothing of what goes wrong.
void add_candidates(CLI::App& app, session& common);

/// The commands that help and completion name.
std::vector<const CLI::App*> shown_commands(const CLI::App& app);

/// The flags that help and completion name.
std::vector<const CLI::Option*> shown_options(const CLI::App& app);

/// What an option takes, if only a few words are: of `{docker,host}` in its help.
std::vector<std::string> choices_of(const CLI::Option& option);

/// A text for a command that does not exist, with what may have been meant.
std::string explain_unknown(const CLI::App& app, const std::string& name);

/// A mistake in the command line in one line, with what may have been meant.
std::string explain(const CLI::App& app, const CLI::ParseError& error);

/// `See 'cog run --help'.`
std::string where_help_is(const CLI::App& app);

}   // namespace cog
