#include "bench/batch_sweep.hpp"
#include "bench/flags.hpp"
#include "bench/plan.hpp"
#include "bench/run.hpp"
#include "bench/sample_input.hpp"
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

constexpr std::chrono::seconds schema_limit{10};
constexpr uint32_t sweep_clients = 32;
constexpr double heavy_load = 0.9;   // of the tool itself: from here on it may be what limits

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
    if (!flags_.sweep.empty())
      return sweep_batches();
    if (bench::is_url(flags_.target))
      measure_url();
    else
      measure_model(prepare());
    write_reports();
  }

private:
  /// A server for each size; the first one, of the model's own, tells how far it goes.
  void sweep_batches() {
    if (bench::is_url(flags_.target))
      throw command_error{"--sweep batch starts the model once for each size: give a project or an image, no URL"};
    if (flags_.clients.empty() && flags_.rates.empty())
      plan_.steps = {{.clients = sweep_clients}};
    measure_model(prepare());
    auto& series = report_.server.series;
    auto largest =
      series.empty() ? 0 : static_cast<uint64_t>(series.front().slots / std::max(1.0, series.front().workers));
    std::vector<bench::batch_run> runs{bench::batch_run_of(largest, report_)};
    if (largest <= 1 || runs[0].mean_size == 0)
      throw command_error{"the model has no method with @cog.batch, or takes one prediction at a time"};
    for (auto size : bench::batch_sizes(largest)) {
      if (report_.interrupted)
        break;
      report_ = {};
      auto ready = prepare();
      ready.plan.environment.push_back("COG_BATCH_SIZE=" + std::to_string(size));
      measure_model(std::move(ready));
      runs.push_back(bench::batch_run_of(size, report_));
    }
    std::cout << bench::sweep_text(std::move(runs)) << std::flush;
  }

  launch prepare() { return std::filesystem::is_directory(flags_.target) ? prepare_project() : prepare_image(); }

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
    ready.plan.environment.push_back(std::string{"COG_LOG_LEVEL="} + (messages_.show_debug ? "debug" : "warning"));
    if (!ready.plan.project.empty())
      ready.plan.command = {"python", "-m", "cog.server.http"};
    tell("Starting the model and running setup()...");
    started_model model{*ready.where, ready.plan, messages_};
    model.wait_until_ready(std::chrono::seconds{flags_.setup_timeout});
    plan_.where = bench::find_target(model.url());
    auto document = model.document();
    model.show_output();
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
    auto ready = prepare_launch_of_image(common_, flags_.launch, flags_.target, labels);
    if (!labels.contains("run.cog.config"))
      throw command_error{"image " + flags_.target + ": image is not a Cog model"};
    return ready;
  }

  void measure(const interrupts& signals, const std::string& document, const std::string& problem) {
    auto path = plan_.settings.openai && flags_.path == "/predictions" ? "/v1/chat/completions" : flags_.path;
    plan_.settings.path = plan_.where.path + path;
    if (plan_.settings.method == "POST")
      choose_inputs(document, problem);
    tell("Measuring " + plan_.where.url() + path);
    bench::run(plan_, signals, report_);
    if (!report_.server.problem.empty())
      note("The server's own metrics are not shown: " + report_.server.problem);
    for (auto& step : report_.steps)
      if (step.own_load > heavy_load)
        note(name_of(step.step) + ": this tool was itself busy nearly all the time; the server may take more");
  }

  void choose_inputs(const std::string& document, const std::string& problem) {
    std::string unsound = problem;
    auto model = document.empty() ? nullptr : make_document(document, unsound);
    auto* schema = model ? model->schema_of(flags_.path.ends_with("/trainings")) : nullptr;
    if (given_.json || !given_.pairs.empty()) {
      plan_.inputs = typed_inputs(given_, plan_.settings.openai ? nullptr : schema);
      return;
    }
    if (plan_.settings.openai) {
      plan_.inputs = "{}";
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
      note(std::string{"\""}
             .append(name)
             .append("\" is a made PNG image of 8 by 8 pixels; for a file of yours give -i ")
             .append(name)
             .append("=@FILE"));
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

/// How many pods a rate needs, from what one server was found to take.
void print_plan(const bench_flags& flags) {
  if (!flags.target.empty())
    throw usage_error{"--plan reads the report of an earlier run: leave out " + flags.target};
  if (flags.rates.size() != 1 || !(flags.rates.front() > 0))
    throw usage_error{"--plan needs --rate, the predictions a second that there will be"};
  if (!(flags.room > 0 && flags.room <= 1) || !(flags.gpus >= 0))
    throw usage_error{"--room must be more than 0 and at most 1, --pod-gpus not negative"};
  std::ifstream file{flags.plan_file, std::ios::binary};
  if (!file)
    throw command_error{flags.plan_file + " cannot be read"};
  std::string json{std::istreambuf_iterator<char>{file}, {}};
  try {
    bench::plan_wishes wishes{.rate = flags.rates.front(), .room = flags.room, .gpus = flags.gpus};
    std::cout << bench::text_plan(bench::read_measured(json), wishes) << std::flush;
  } catch (const std::runtime_error& error) {
    throw command_error{flags.plan_file + ": " + error.what()};
  }
}

}   // namespace

void add_bench(CLI::App& app, session& common) {
  auto flags = std::make_shared<bench_flags>();
  auto* command = app.add_subcommand("bench", "Measure a server, a project or an image under load");
  command->add_option("target", flags->target, "http://HOST:PORT, a folder with cog.yaml, or an image");
  add_load_flags(*command, *flags);
  command->add_option("--output-json", flags->json_file, "Write all results as JSON; - is standard output");
  command->add_option("--html", flags->html_file, "Write a page with plots");
  command->add_option("--plan", flags->plan_file, "Measure nothing: say how many pods --rate needs, by a JSON report");
  command->add_option("--room", flags->room, "With --plan: of what a pod takes, how much is used")->default_str("0.8");
  command->add_option("--pod-gpus", flags->gpus, "With --plan: GPUs of a pod")->default_str("1");
  command->add_flag("--quiet", flags->quiet, "Neither progress nor table");
  command->add_option("--setup-timeout", flags->setup_timeout, "Seconds that setup() may take")->default_str("300");
  add_environment_flag(*command, flags->launch);
  add_launch_flags(*command, flags->launch);
  command->callback([&common, flags, command] {
    if (!flags->plan_file.empty())
      return print_plan(*flags);
    if (flags->target.empty())
      throw usage_error{"target is required: http://HOST:PORT, a folder with cog.yaml, or an image"};
    check_image_flags(*command, flags->launch.image);
    bench_command{common, *flags}.run();
  });
}

}   // namespace cog
