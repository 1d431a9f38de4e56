#include "bench/flags.hpp"
#include <CLI/CLI.hpp>

namespace cog {

namespace {

using bench::traffic;

constexpr double usual_seconds = 10;
constexpr uint32_t most_clients = 10'000;

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

void add_loop_flags(CLI::App& command, bench_flags& flags) {
  auto& settings = flags.settings;
  command
    .add_option("--clients", flags.clients, "Closed loop: so many clients, each asks again when it has its answer")
    ->delimiter(',')
    ->allow_extra_args(false)
    ->default_str("1");
  command.add_option("--rate", flags.rates, "Open loop: so many requests a second, whatever became of those before")
    ->delimiter(',')
    ->allow_extra_args(false);
  command.add_option("--sweep", flags.sweep, "batch: a server for each size of batches, and which one to set")
    ->check(CLI::IsMember({"batch"}));
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
  command
    .add_option("--dialect", flags.dialect,
                "cog, or openai: streamed chat completions, timed by tokens; the input `prompt` is the message")
    ->default_str("cog")
    ->check(CLI::IsMember({"cog", "openai"}));
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

void add_load_flags(CLI::App& command, bench_flags& flags) {
  add_loop_flags(command, flags);
  add_request_flags(command, flags);
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
  auto loads = flags.clients.size() + flags.rates.size();
  require(flags.sweep.empty() || (loads <= 1 && flags.json_file.empty() && flags.html_file.empty()),
          "--sweep takes one number of clients, or one rate, and writes no reports");
  require(settings.max_clients > 0 && settings.max_clients <= most_clients,
          "--max-clients: from 1 to " + std::to_string(most_clients));
  settings.openai = flags.dialect == "openai";
  require(!settings.openai || (!flags.webhooks && settings.method == "POST"),
          "--dialect openai is a stream of answers");
  settings.kind = flags.stream || settings.openai ? traffic::streams
    : flags.webhooks                              ? traffic::webhooks
                                                  : traffic::answers;
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

}   // namespace cog
