#include "cli/bench/run.hpp"
#include "cli/bench/sample_input.hpp"
#include "cli/commands.hpp"
#include "cli/launch.hpp"
#include "cli/model/inputs.hpp"
#include "cli/model/started_model.hpp"
#include "prediction/schema.hpp"
#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

namespace cog {

namespace {

using bench::traffic;

constexpr double usual_seconds = 10;
constexpr uint32_t most_clients = 10'000;
constexpr std::chrono::seconds schema_limit{10};

struct bench_flags {
  launch_flags launch;
  std::string target;
  std::vector<uint32_t> clients;
  std::vector<double> rates;
  std::optional<double> duration;
  bench::load_settings settings;
  bool stream = false, webhooks = false;
  std::string path = "/predictions";
  std::vector<std::string> headers;
  std::vector<std::string> inputs;
  std::optional<std::string> json;
  std::string json_file, html_file;
  bool allow_remote = false, quiet = false;
  uint32_t setup_timeout = 300;   // seconds
};

void require(bool sound, const std::string& problem) {
  if (!sound)
    throw usage_error{problem};
}

std::pair<std::string, std::string> read_header(const std::string& text) {
  auto colon = text.find(':');
  require(colon != text.npos && colon > 0 && text.find_first_of("\r\n") == text.npos,
          "--header '" + text + "': the form is NAME:VALUE");
  auto value = text.find_first_not_of(' ', colon + 1);
  return {text.substr(0, colon), value == text.npos ? "" : text.substr(value)};
}

bench::load_settings read_settings(const bench_flags& flags) {
  auto settings = flags.settings;
  require(flags.clients.empty() || flags.rates.empty(), "--clients is a closed loop and --rate an open one: give one");
  require(!flags.stream || !flags.webhooks, "give one of --stream and --async");
  require(settings.method == "POST" || !(flags.stream || flags.webhooks), "--stream and --async are for --method POST");
  require(flags.path.starts_with('/') && flags.path.find_first_of(" \r\n") == flags.path.npos,
          "--path must begin with /, and have no spaces");
  for (auto clients : flags.clients)
    require(clients > 0 && clients <= most_clients, "--clients: from 1 to " + std::to_string(most_clients));
  for (auto rate : flags.rates)
    require(rate > 0 && rate <= 1e6, "--rate: more than 0, at most 1000000");
  require(!flags.duration || (*flags.duration > 0 && *flags.duration <= 1e6), "--duration must be more than 0");
  require(settings.warmup >= 0 && settings.warmup <= 1e6, "--warmup must not be negative");
  require(settings.timeout > 0 && settings.timeout <= 1e6, "--timeout must be more than 0");
  require(settings.max_clients > 0 && settings.max_clients <= most_clients,
          "--max-clients: from 1 to " + std::to_string(most_clients));
  settings.kind = flags.stream ? traffic::streams : flags.webhooks ? traffic::webhooks : traffic::answers;
  settings.seconds = flags.duration;
  if (!flags.duration && settings.requests == 0)
    settings.seconds = usual_seconds;
  for (auto& header : flags.headers)
    settings.headers.push_back(read_header(header));
  return settings;
}

std::vector<bench::load_step> read_steps(const bench_flags& flags) {
  std::vector<bench::load_step> steps;
  for (auto rate : flags.rates)
    steps.push_back({.rate = rate});
  for (auto clients : flags.clients)
    steps.push_back({.clients = clients});
  if (steps.empty())
    steps.emplace_back();
  return steps;
}

/// Opened before the run, which nobody wants to make again for a wrong path.
std::ofstream open_output(const std::string& path) {
  std::ofstream file;
  if (path.empty() || path == "-")
    return file;
  file.open(path, std::ios::binary | std::ios::trunc);
  if (!file)
    throw command_error{path + " cannot be written"};
  return file;
}

void write_output(std::ofstream& file, const std::string& path, const std::string& content) {
  if (path == "-")
    std::cout << content << std::flush;
  else if (!path.empty() && !(file << content << std::flush))
    throw command_error{path + " could not be written"};
}

/// One call of the command, from its flags to its reports.
class bench_command {
public:
  bench_command(const session& common, const bench_flags& flags)
    : common_{common},
      messages_{common.messages},
      flags_{flags},
      given_{read_given(flags.inputs, flags.json)},
      plan_{.settings = read_settings(flags), .steps = read_steps(flags)},
      json_file_{open_output(flags.json_file)},
      html_file_{open_output(flags.html_file)} {
    plan_.show_progress = !flags.quiet && isatty(STDERR_FILENO) != 0;
    report_.target = flags.target;
  }

  void run() {
    if (bench::is_url(flags_.target))
      measure_url();
    else
      measure_model(std::filesystem::is_directory(flags_.target) ? prepare_project() : prepare_image());
    write_reports();
  }

private:
  void measure_url() {
    plan_.where = bench::find_target(flags_.target);
    if (!flags_.allow_remote)
      bench::refuse_remote(plan_.where);
    interrupts signals;
    model_client client{plan_.where.url(), {signals.descriptor()}};
    auto answer = client.ask({.path = "/openapi.json", .limit = schema_limit});
    if (answer.woken)
      throw silent_exit{1};
    auto problem = answer.problem.empty() ? "status " + std::to_string(answer.status) : answer.problem;
    measure(signals, answer.status == 200 ? answer.body : "", problem);
  }

  void measure_model(launch ready) {
    if (flags_.webhooks && ready.where->has_images() && flags_.settings.webhook_host == "127.0.0.1")
      throw command_error{
        "a container cannot send webhooks to 127.0.0.1 of this machine: give --webhook-host and an address of this "
        "machine that it can reach, such as 172.17.0.1"};
    ready.plan.ports.emplace_back();
    ready.plan.server = true;
    ready.plan.init = true;
    ready.plan.logs_to_stderr = true;
    ready.plan.environment.push_back(std::string{"COG_LOG_LEVEL="} + (messages_.show_debug ? "debug" : "warning"));
    if (!ready.plan.project.empty())
      ready.plan.command = {"python", "-m", "cog.server.http"};
    tell("Starting the model and running setup()...");
    started_model model{*ready.where, ready.plan, messages_};
    model.wait_until_ready(std::chrono::seconds{flags_.setup_timeout});
    plan_.where = bench::find_target(model.url());
    auto document = model.document();
    interrupts signals;
    measure(signals, document, "");
  }

  launch prepare_project() {
    auto folder = std::filesystem::canonical(flags_.target).string();
    config_ = load_config(folder, flags_.launch.file, messages_);
    if (config_.run.empty())
      throw command_error{config_.place("") + "no run reference found in cog.yaml; add `run: run.py:Runner`"};
    read_project_schema(common_, config_);
    return prepare_launch(common_, flags_.launch, config_);
  }

  launch prepare_image() {
    std::map<std::string, std::string> labels;
    auto ready = prepare_launch_of_image(flags_.launch, flags_.target, labels);
    if (!labels.contains("run.cog.config"))
      throw command_error{"image " + flags_.target + ": image is not a Cog model"};
    return ready;
  }

  void measure(const interrupts& signals, const std::string& document, const std::string& problem) {
    plan_.settings.path = plan_.where.path + flags_.path;
    if (plan_.settings.method == "POST")
      choose_inputs(document, problem);
    tell("Measuring " + plan_.where.url() + flags_.path);
    bench::run(plan_, signals, report_);
    if (!report_.server.problem.empty())
      note("The server's own metrics are not shown: " + report_.server.problem);
  }

  void choose_inputs(const std::string& document, const std::string& problem) {
    std::string unsound = problem;
    auto model = document.empty() ? nullptr : make_document(document, unsound);
    auto* schema = model ? model->schema_of(flags_.path.ends_with("/trainings")) : nullptr;
    if (given_.json || !given_.pairs.empty()) {
      plan_.inputs = typed_inputs(given_, schema);
      return;
    }
    if (!schema)
      throw command_error{"no input can be made without the model's schema; give one with -i or --json (" +
                          plan_.where.url() + "/openapi.json: " + (unsound.empty() ? "no inputs in it" : unsound) +
                          ")"};
    auto sample = bench::make_sample(*schema);
    plan_.inputs = sample.json;
    note("The input was made from the model's schema: " + sample.json.substr(0, 200));
    for (auto& name : sample.files)
      note("\"" + name + "\" is a made PNG image of 8 by 8 pixels; for a file of yours give -i " + name + "=@FILE");
  }

  void note(const std::string& text) {
    report_.notes.push_back(text);
    tell(text);
  }

  void tell(const std::string& text) const {
    if (!flags_.quiet)
      messages_.info(text);
  }

  void write_reports() {
    if (!flags_.quiet && flags_.json_file != "-")
      std::cout << bench::text_report(report_) << std::flush;
    if (!flags_.json_file.empty())
      write_output(json_file_, flags_.json_file, bench::json_report(report_));
    if (!flags_.html_file.empty())
      write_output(html_file_, flags_.html_file, bench::html_report(report_));
    for (auto& step : report_.steps)
      if (step.ok > 0)
        return;
    throw command_error{"no request succeeded"};
  }

  const session& common_;
  const console& messages_;
  const bench_flags& flags_;
  given_inputs given_;
  project_config config_;   // the engine refers to it
  bench::load_plan plan_;
  bench::run_report report_;
  std::ofstream json_file_, html_file_;
};

void add_load_flags(CLI::App& command, bench_flags& flags) {
  auto& settings = flags.settings;
  command
    .add_option("--clients", flags.clients, "Closed loop: so many clients, each asks again when it has its answer")
    ->delimiter(',')
    ->allow_extra_args(false)
    ->default_str("1");
  command.add_option("--rate", flags.rates, "Open loop: so many requests a second, whatever became of those before")
    ->delimiter(',')
    ->allow_extra_args(false);
  command.add_option("--duration", flags.duration, "Seconds of each measurement")->default_str("10");
  command.add_option("--warmup", settings.warmup, "Seconds before each, not counted")->default_str("1");
  command.add_option("--requests", settings.requests, "End each measurement after so many requests");
  command.add_option("--timeout", settings.timeout, "Seconds a request may take")->default_str("30");
  command.add_option("--max-clients", settings.max_clients, "Connections of an open loop")->default_str("1024");
}

void add_request_flags(CLI::App& command, bench_flags& flags) {
  auto& settings = flags.settings;
  command.add_flag("--stream", flags.stream, "Ask for event streams, and time their chunks");
  command.add_flag("--async", flags.webhooks, "Ask with `Prefer: respond-async`, and time until the webhook comes");
  command.add_option("--webhook-host", settings.webhook_host, "Address of this machine that webhooks are sent to")
    ->default_str("127.0.0.1");
  command.add_option("--path", flags.path, "What is asked")->default_str("/predictions");
  command.add_option("--method", settings.method, "POST or GET")
    ->default_str("POST")
    ->check(CLI::IsMember({"POST", "GET"}));
  command.add_option("--header", flags.headers, "Headers of the requests, in the form NAME:VALUE")
    ->allow_extra_args(false);
  command
    .add_option("-i,--input", flags.inputs, "Inputs, in the form name=value; without any they are made from the schema")
    ->allow_extra_args(false);
  command.add_option("--json", flags.json, "All inputs as a JSON object, @file, or - for standard input");
  command.add_flag("--allow-remote", flags.allow_remote, "Measure a server on another machine");
}

}   // namespace

void add_bench(CLI::App& app, session& common) {
  auto flags = std::make_shared<bench_flags>();
  auto* command = app.add_subcommand("bench", "Measure a server, a project or an image under load");
  command->add_option("target", flags->target, "http://HOST:PORT, a folder with cog.yaml, or an image")->required();
  add_load_flags(*command, *flags);
  add_request_flags(*command, *flags);
  command->add_option("--output-json", flags->json_file, "Write all results as JSON; - is standard output");
  command->add_option("--html", flags->html_file, "Write a page with plots");
  command->add_flag("--quiet", flags->quiet, "Neither progress nor table");
  command->add_option("--setup-timeout", flags->setup_timeout, "Seconds that setup() may take")->default_str("300");
  add_environment_flag(*command, flags->launch);
  add_launch_flags(*command, flags->launch);
  command->callback([&common, flags, command] {
    check_image_flags(*command, flags->launch.image);
    bench_command{common, *flags}.run();
  });
}

}   // namespace cog
