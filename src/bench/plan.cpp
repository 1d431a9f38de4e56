#include "bench/plan.hpp"
#include "bench/report.hpp"
#include "json/json_tree.hpp"
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace cog::bench {

namespace {

constexpr double refused_at_most = 0.001;   // of all
constexpr double one_in_a_hundred = 0.01;
constexpr double errors_at_most = 0.01;   // of a step whose rate counts
constexpr double most_pods = 1e6;
constexpr double most_slots = 1e6;

double number_at(const json_value* where) {
  return where && where->is(json_kind::number) ? std::strtod(std::string{where->raw}.c_str(), nullptr) : 0;
}

/// The greatest rate that was answered without errors, and the least mean latency.
void read_steps(const json_value& report, measured_server& server) {
  auto* steps = report.find_path({"steps"});
  if (!steps || !steps->is(json_kind::array))
    throw std::runtime_error{"it has no steps; it is no report of `cog bench --output-json`"};
  for (auto& step : steps->items) {
    auto requests = number_at(step.find_path({"requests"}));
    if (requests == 0 || number_at(step.find_path({"errors"})) > errors_at_most * requests)
      continue;
    server.rate = std::max(server.rate, number_at(step.find_path({"answers_per_second"})));
    auto mean = number_at(step.find_path({"latency_ms", "mean"})) / 1000;
    if (server.seconds == 0 || mean < server.seconds)
      server.seconds = mean;
  }
  if (server.rate == 0)
    throw std::runtime_error{"every measurement in it had errors: measure with fewer clients, or with COG_MAX_QUEUE"};
}

/// What the server itself said is better than what a client saw.
void read_metrics(const json_value& report, measured_server& server) {
  auto ended = number_at(report.find_path({"server_metrics", "changes", "cog_predict_seconds_count"}));
  auto seconds = number_at(report.find_path({"server_metrics", "changes", "cog_predict_seconds_sum"}));
  if (ended > 0 && seconds > 0)
    server.seconds = seconds / ended;
  if (auto* series = report.find_path({"server_metrics", "series"}); series && series->is(json_kind::array))
    for (auto& sample : series->items)
      server.slots = std::clamp(number_at(sample.find_path({"slots"})), server.slots, most_slots);
}

/// By Erlang's formula: how likely what comes finds every slot taken, where `busy` would be on average.
double likely_to_wait(double slots, double busy) {
  double blocked = 1;   // with so many slots and no line
  auto count = static_cast<uint64_t>(slots);
  for (uint64_t i = 1; i <= count; ++i)
    blocked = busy * blocked / (static_cast<double>(i) + busy * blocked);
  return blocked / (1 - busy / slots * (1 - blocked));
}

std::string shown(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string shown_seconds(double seconds) {
  return seconds < 1 ? shown_milliseconds(static_cast<uint64_t>(seconds * 1e9)) + " ms" : shown("%.1f s", seconds);
}

}   // namespace

measured_server read_measured(std::string_view json) {
  json_error error;
  auto report = parse_json(json, error);
  if (!report)
    throw std::runtime_error{"it is no JSON: " + error};
  measured_server server;
  read_steps(*report, server);
  read_metrics(*report, server);
  return server;
}

pod_plan plan_pods(const measured_server& server, const plan_wishes& wishes) {
  pod_plan plan;
  auto pods = std::max(1.0, std::ceil(wishes.rate / (server.rate * wishes.room)));
  if (!(pods <= most_pods))
    throw std::runtime_error{"that is more than a million pods"};
  plan.pods = static_cast<uint64_t>(pods);
  plan.use = wishes.rate / pods / server.rate;
  auto waits = likely_to_wait(server.slots, plan.use * server.slots);
  auto leaving = server.rate * (1 - plan.use);   // how much faster a line ends than it grows
  plan.mean_wait = waits / leaving;
  plan.slow_wait = waits > one_in_a_hundred ? std::log(waits / one_in_a_hundred) / leaving : 0;
  if (waits > refused_at_most)
    plan.places = static_cast<uint64_t>(std::ceil(std::log(refused_at_most / waits) / std::log(plan.use)));
  plan.gpu_hours_a_day = pods * wishes.gpus * 24;
  plan.gpu_hours_a_million = pods * wishes.gpus * 1e6 / wishes.rate / 3600;
  return plan;
}

std::string text_plan(const measured_server& server, const plan_wishes& wishes) {
  auto plan = plan_pods(server, wishes);
  auto one_less = [&] {
    auto bold = wishes;
    bold.room = 1;
    return plan_pods(server, bold).pods;
  }();
  std::string text = "One server: " + shown_rate(server.rate) + " answers/s at best, " + shown_seconds(server.seconds) +
    " a prediction, " + shown("%.0f", server.slots) + (server.slots == 1 ? " slot\n" : " slots\n");
  text += "For " + shown_rate(wishes.rate) + " predictions/s: " + shown_count(plan.pods) +
    (plan.pods == 1 ? " pod, " : " pods, ") + shown("%.0f", plan.use * 100) + " % used (" + shown_count(one_less) +
    " would be full)\n";
  text += "Line: " + shown_seconds(plan.mean_wait) + " on average, one in a hundred longer than " +
    shown_seconds(plan.slow_wait) + "; COG_MAX_QUEUE=" + std::to_string(plan.places) +
    " refuses fewer than one in a thousand\n";
  text += "GPUs: " + shown("%.1f", plan.gpu_hours_a_day) + " hours a day, " + shown("%.1f", plan.gpu_hours_a_million) +
    " a million predictions, with " + shown("%.3g", wishes.gpus) + " a pod\n";
  return text;
}

}   // namespace cog::bench
