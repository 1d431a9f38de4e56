#pragma once
#include "cli/console.hpp"
#include "cli/playground/server.hpp"
#include <CLI/App.hpp>
#include <optional>

namespace cog::playground {

/// `--playground` of `cog serve`.
struct beside_server_flags {
  bool wanted = false;
  uint16_t port = 9000;
};

void add_flags(CLI::App& command, beside_server_flags& flags);

/// The playground that runs for as long as a model's server does; nothing unless it is wanted.
class beside_server {
public:
  /// The model's server is to listen there. Throws command_error when both would listen on one port.
  beside_server(const beside_server_flags& flags, std::string host, uint16_t port);

  /// Listens, before the model runs: a port that is taken ends the command. What runs in a container reaches this machine
  /// by an address of its own, so for its webhooks we listen on all of them. Throws command_error.
  void start(bool in_container);

  /// Where it is.
  void say(const console& messages) const;

private:
  const beside_server_flags& flags_;
  std::string target_;
  std::optional<server> server_;
};

}   // namespace cog::playground
