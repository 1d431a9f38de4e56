#include "cli/playground/beside_server.hpp"
#include "cli/shown_address.hpp"

namespace cog::playground {

void add_flags(CLI::App& command, beside_server_flags& flags) {
  command.add_flag("--playground", flags.wanted, "Serve a page to try the model beside it, which shows webhooks, too");
  command.add_option("--playground-port", flags.port, "Port of that page; 0: any that is free")->default_str("9000");
}

beside_server::beside_server(const beside_server_flags& flags, std::string host, uint16_t port)
  : flags_{flags}, target_{own_url(host, port)} {
  if (flags_.wanted && flags_.port == port && port != 0)
    throw command_error{"playground port " + std::to_string(flags_.port) + " must differ from the model port " +
                        std::to_string(port)};
}

void beside_server::start(bool in_container) {
  if (!flags_.wanted)
    return;
  settings chosen;
  chosen.port = flags_.port;
  chosen.target = target_;
  chosen.host = in_container ? "0.0.0.0" : "127.0.0.1";
  chosen.webhook_host = in_container ? "host.docker.internal" : "127.0.0.1";
  server_.emplace(chosen);
}

void beside_server::say(const console& messages) const {
  if (server_)
    messages.info("Playground at " + shown_url("127.0.0.1", server_->port()));
}

}   // namespace cog::playground
