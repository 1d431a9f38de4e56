#include "cli/commands.hpp"
#include "cli/launch.hpp"
#include <cstdlib>
#include <filesystem>
#include <memory>

namespace cog {

namespace {

constexpr std::chrono::seconds stop_grace{30};   // the server itself takes at most 25

struct serve_flags {
  launch_flags launch;
  std::string host = "127.0.0.1";
  uint16_t port = 8393;
  std::string upload_url;
  bool playground = false;
};

/// Where a browser finds what listens on the address.
std::string shown_url(const std::string& host, uint16_t port) {
  auto number = ":" + std::to_string(port);
  if (host == "127.0.0.1" || host == "::1")
    return "http://localhost" + number;
  if (host == "0.0.0.0")
    return "http://0.0.0.0" + number + " (http://localhost" + number + ")";
  return "http://" + (host.find(':') == host.npos ? host : "[" + host + "]") + number;
}

/// Does Docker run on another machine?
bool is_remote(const launch& what) {
  auto* address = std::getenv("DOCKER_HOST");
  std::string_view host{address ? address : ""};
  return what.where->has_images() && (host.starts_with("tcp://") || host.starts_with("ssh://"));
}

void serve(const session& common, const serve_flags& flags) {
  if (flags.playground)
    throw command_error{"the playground is not part of this tool; leave out --playground"};
  auto config = load_config(std::filesystem::current_path(), flags.launch.file, common.messages);
  read_project_schema(common, config);
  auto ready = prepare_launch(common, flags.launch, config);
  auto& plan = ready.plan;
  plan.command = {"python",          "--check-hash-based-pycs",   "never", "-m",
                  "cog.server.http", "--await-explicit-shutdown", "true"};
  if (!flags.upload_url.empty())
    plan.command.insert(plan.command.end(), {"--upload-url", flags.upload_url});
  auto host = flags.host == "localhost" ? "127.0.0.1" : flags.host;
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  plan.ports.push_back({host, flags.port});
  plan.host_gateway = !flags.upload_url.empty();
  plan.server = true;
  common.messages.info("");
  common.messages.info(announcement(ready));
  common.messages.info("");
  common.messages.info("Serving at " + shown_url(host, flags.port));
  if (is_remote(ready))
    common.messages.warn("Docker runs on another machine: the port is one of that machine");
  run_to_the_end(ready, common.messages, stop_grace);
}

}   // namespace

void add_serve(CLI::App& app, session& common) {
  auto flags = std::make_shared<serve_flags>();
  auto* command = app.add_subcommand("serve", "Run the model's HTTP server in the foreground, until Ctrl+C");
  command->add_option("--host", flags->host, "Address to listen on")->default_str("127.0.0.1");
  command->add_option("-p,--port", flags->port, "Port to listen on")->default_str("8393");
  command->add_option("--upload-url", flags->upload_url, "Where output files are uploaded");
  command->add_flag("--playground", flags->playground)->group("");
  command->add_option("--playground-port")->group("");
  add_launch_flags(*command, flags->launch);
  command->callback([&common, flags, command] {
    check_image_flags(*command, flags->launch.image);
    serve(common, *flags);
  });
}

}   // namespace cog
