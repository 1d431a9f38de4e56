#include "cli/commands.hpp"
#include "cli/engine/interrupts.hpp"
#include "cli/playground/open_browser.hpp"
#include "cli/playground/rules.hpp"
#include "cli/playground/server.hpp"
#include "cli/shown_address.hpp"
#include <array>
#include <memory>
#include <poll.h>

namespace cog {

namespace {

struct playground_flags {
  playground::settings serving;
  std::string target;
  std::string argument;
  bool no_open = false;
};

void run_playground(const session& common, playground_flags flags) {
  if (!flags.argument.empty() && !flags.target.empty() && flags.argument != flags.target)
    throw usage_error{"two targets are given: " + flags.argument + " and --target " + flags.target};
  auto wanted = !flags.argument.empty() ? flags.argument : flags.target;
  if (!wanted.empty()) {
    auto target = playground::parse_target(wanted.find("://") == wanted.npos ? "http://" + wanted : wanted);
    if (!target.problem.empty())
      throw usage_error{target.problem};
    flags.serving.target = target.url;
  }
  flags.serving.host = plain_host(flags.serving.host);
  interrupts signals;
  playground::server page{flags.serving};
  common.messages.info("Cog playground running at " + shown_url(flags.serving.host, page.port()));
  common.messages.info("Press Ctrl+C to stop.");
  if (!flags.no_open && !playground::open_browser("http://localhost:" + std::to_string(page.port())))
    common.messages.debug("There is no display here to open a browser on");
  std::array<pollfd, 1> watched{pollfd{signals.descriptor(), POLLIN, 0}};
  while (signals.take() == 0)
    poll(watched.data(), watched.size(), -1);
}

}   // namespace

void add_playground(CLI::App& app, session& common) {
  auto flags = std::make_shared<playground_flags>();
  auto* command = app.add_subcommand("playground", "Try a model's server on a page of this machine, with its webhooks");
  command->add_option("url", flags->argument, "The model's server, as --target");
  command->add_option("--target", flags->target, "The model's server; the page can choose another")
    ->default_str(flags->serving.target);
  command->add_option("-p,--port", flags->serving.port, "Port of the page; 0: any that is free")->default_str("0");
  command
    ->add_option("--host", flags->serving.host,
                 "Address to listen on; the page is for this machine alone, webhooks "
                 "may come from others")
    ->default_str(flags->serving.host);
  command->add_option("--webhook-host", flags->serving.webhook_host, "This machine's name for who sends webhooks")
    ->default_str(flags->serving.webhook_host);
  command->add_flag("--no-open", flags->no_open, "Open no browser");
  command->callback([&common, flags] { run_playground(common, *flags); });
}

}   // namespace cog
