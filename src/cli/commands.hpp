#pragma once
#include "cli/session.hpp"
#include <CLI/App.hpp>

namespace cog {

// Each adds one command, whose callback does it: it throws command_error, or silent_exit when all has been said.
// The session outlives the app and is complete when a callback runs.

void add_bench(CLI::App& app, session& common);
void add_build(CLI::App& app, session& common);
void add_debug(CLI::App& app, session& common);
void add_deploy(CLI::App& app, session& common);
void add_doctor(CLI::App& app, session& common);
void add_exec(CLI::App& app, session& common);
void add_init(CLI::App& app, session& common);
void add_keys(CLI::App& app, session& common);
void add_login(CLI::App& app, session& common);
void add_playground(CLI::App& app, session& common);
void add_push(CLI::App& app, session& common);
void add_run(CLI::App& app, session& common);   // and predict
void add_serve(CLI::App& app, session& common);
void add_top(CLI::App& app, session& common);
void add_train(CLI::App& app, session& common);

/// Prints what shells need to complete the other commands.
void add_completion(CLI::App& app);

/// Those of the reference that this tool does not have: they say so.
void add_absent_commands(CLI::App& app);

}   // namespace cog
