#include "cli/commands.hpp"
#include "cli/engine/port_check.hpp"
#include "cli/launch.hpp"
#include "cli/model/client.hpp"
#include "cli/playground/beside_server.hpp"
#include "cli/shown_address.hpp"
#include "json/json_tree.hpp"
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>

namespace cog {

namespace {

constexpr std::chrono::seconds stop_grace{30};    // the server itself takes at most 25
constexpr std::chrono::seconds health_limit{5};   // a check of the model's own may take

struct serve_flags {
  launch_flags launch;
  std::string host = "127.0.0.1";
  uint16_t port = 8393;
  std::string upload_url;
  bool watch = false;
  playground::beside_server_flags page;
};

/// Says when the server listens, and what became of the setup.
class server_news {
public:
  server_news(std::string address, std::string shown, const playground::beside_server& page, const console& messages)
    : address_{std::move(address)}, shown_{std::move(shown)}, page_{page}, messages_{messages} {
    // nop
  }

  bool operator()(running& program, const interrupts& signals) {
    model_client client{address_, {program.descriptor(), signals.descriptor()}};
    auto answer = client.ask({.path = "/health-check", .limit = health_limit});
    if (answer.status == 0)
      return true;
    if (!listens_) {
      messages_.info("Serving at " + shown_);
      page_.say(messages_);
    }
    listens_ = true;
    json_error ignored;
    auto health = parse_json(std::string_view{answer.body}, ignored);
    auto* status = health ? health->find("status") : nullptr;
    if (!status)
      return answer.status >= 500;   // too busy; anything else refuses us
    if (status->raw == "\"STARTING\"")
      return true;
    if (status->raw == "\"SETUP_FAILED\"")
      messages_.error("setup failed; staying up for /health-check");
    else
      messages_.success("ready");
    return false;
  }

private:
  std::string address_, shown_;
  const playground::beside_server& page_;
  const console& messages_;
  bool listens_ = false;
};

/// A web page can have its own name stand for a local address: the server is told which names are its own, unless the
/// user or the project says so.
void guard_from_pages(run_plan& plan, const project_config& config) {
  constexpr auto variable = "COG_ALLOWED_HOSTS";
  auto* own = std::getenv(variable);
  auto is_it = [&](auto& entry) { return entry.first == variable; };
  if (own == nullptr && std::any_of(config.environment.begin(), config.environment.end(), is_it))
    return;
  auto names = own ? own : "localhost,host.docker.internal";
  plan.environment.insert(plan.environment.begin(), std::string{variable} + "=" + names);
}

/// The server looks for changes of the source. The document is then always that of the model as it is.
void watch_source(run_plan& plan) {
  plan.command.emplace_back("--reload");
  std::erase_if(plan.environment, [](auto& entry) { return entry.starts_with("COG_OPENAPI_SCHEMA="); });
}

void serve(const session& common, const serve_flags& flags) {
  auto config = load_config(std::filesystem::current_path(), flags.launch.file, common.messages);
  auto host = plain_host(flags.host);
  auto remote = is_docker_remote(flags.launch);
  if (!remote)
    check_ports({{host, flags.port}});
  playground::beside_server page{flags.page, host, flags.port};
  read_project_schema(common, config);
  auto ready = prepare_launch(common, flags.launch, config);
  auto& plan = ready.plan;
  plan.command = {"python",          "--check-hash-based-pycs",   "never", "-m",
                  "cog.server.http", "--await-explicit-shutdown", "true"};
  if (!flags.upload_url.empty())
    plan.command.insert(plan.command.end(), {"--upload-url", flags.upload_url});
  if (flags.watch)
    watch_source(plan);
  plan.ports.push_back({host, flags.port});
  plan.host_gateway = !flags.upload_url.empty() || flags.page.wanted;
  plan.server = true;
  if (host == "127.0.0.1" || host == "::1")
    guard_from_pages(plan, config);
  common.messages.info("");
  common.messages.info(announcement(ready));
  common.messages.info("");
  page.start(ready.where->has_images());
  if (remote && ready.where->has_images()) {
    common.messages.warn("Docker runs on another machine: port " + std::to_string(flags.port) +
                         " is one of that machine");
    page.say(common.messages);
    run_to_the_end(ready, common.messages, stop_grace);
  } else {
    server_news news{own_url(host, flags.port), shown_url(host, flags.port), page, common.messages};
    run_to_the_end(ready, common.messages, stop_grace, news);
  }
}

}   // namespace

void add_serve(CLI::App& app, session& common) {
  auto flags = std::make_shared<serve_flags>();
  auto* command = app.add_subcommand("serve", "Run the model's HTTP server in the foreground, until Ctrl+C");
  command->add_option("--host", flags->host, "Address to listen on")->default_str("127.0.0.1");
  command->add_option("-p,--port", flags->port, "Port to listen on")->default_str("8393");
  command->add_option("--upload-url", flags->upload_url, "Where output files are uploaded");
  command->add_flag("--watch", flags->watch, "Start the model again when its source changes; the server stays up");
  playground::add_flags(*command, flags->page);
  add_environment_flag(*command, flags->launch);
  add_launch_flags(*command, flags->launch);
  command->callback([&common, flags, command] {
    check_image_flags(*command, flags->launch.image);
    serve(common, *flags);
  });
}

}   // namespace cog
