#include "pool/pool_metrics.hpp"
#include "json/json_text.hpp"
#include <algorithm>

namespace cog {

namespace {

constexpr std::array terminal{prediction_status::succeeded, prediction_status::failed, prediction_status::canceled};
constexpr std::array<std::string_view, 3> terminal_names{"succeeded", "failed", "canceled"};
constexpr std::array<std::string_view, 4> reasons{"capacity", "not_ready", "draining", "limit"};
constexpr std::array<std::string_view, 8> causes{"crash",   "oom",   "exit", "cancel",
                                                 "timeout", "setup", "cuda", "device"};
constexpr std::array<std::string_view, 6> phases{"waiting", "starting", "ready", "restarting", "failed", "given_up"};

void append_value(std::string& out, std::string_view series, uint64_t value) {
  out += series;
  out += ' ';
  out += std::to_string(value);
  out += '\n';
}

void append_histogram(std::string& out, std::string_view name, std::string_view help, const seconds_histogram& times) {
  append_metric_head(out, name, "histogram", help);
  times.append(out, name);
}

/// One counter for each value of a label.
template <size_t Count>
void append_counters(std::string& out, std::string_view name, std::string_view help, std::string_view label,
                     const std::array<std::string_view, Count>& values, const std::array<uint64_t, Count>& counts) {
  append_metric_head(out, name, "counter", help);
  for (size_t i = 0; i < Count; ++i)
    append_value(out, std::string{name}.append("{").append(label).append("=\"").append(values[i]).append("\"}"),
                 counts[i]);
}

void append_gauge(std::string& out, std::string_view name, std::string_view help, uint64_t value) {
  append_metric_head(out, name, "gauge", help);
  append_value(out, name, value);
}

}   // namespace

void pool_metrics::count(const prediction_snapshot& ended) {
  auto which = std::find(terminal.begin(), terminal.end(), ended.status);
  if (which == terminal.end())
    return;
  ++ended_[which - terminal.begin()];
  seconds_.add(ended.predict_time);
  output_bytes_ += ended.output.json.size();
  chunks_ += ended.chunks;
  if (ended.chunks > 0)
    first_output_.add(ended.first_output);
}

std::string pool_metrics::text(const pool_state& pool, const gauges& now) const {
  std::string out;
  append_counters(out, "cog_predictions_total", "Predictions that have ended.", "status", terminal_names, ended_);
  append_histogram(out, "cog_predict_seconds", "Time from slot to end of a prediction.", seconds_);
  append_histogram(out, "cog_first_output_seconds", "Time from slot to the first chunk of a streamed output.",
                   first_output_);
  append_counters(out, "cog_predictions_refused_total", "Predictions that were not accepted.", "reason", reasons,
                  refused_);
  append_counters(out, "cog_worker_restarts_total", "Worker processes that died or were ended.", "cause", causes,
                  restarts_);
  append_histogram(out, "cog_setup_seconds", "Time from the start or death of a worker until it is ready.", setup_);
  append_metric_head(out, "cog_output_chunks_total", "counter", "Chunks of streamed outputs.");
  append_value(out, "cog_output_chunks_total", chunks_);
  append_metric_head(out, "cog_output_bytes_total", "counter", "Bytes of outputs as JSON, files not counted.");
  append_value(out, "cog_output_bytes_total", output_bytes_);
  append_metric_head(out, "cog_workers", "gauge", "Workers by state.");
  for (size_t phase = 0; phase < phases.size(); ++phase)
    append_value(out, "cog_workers{state=\"" + std::string{phases[phase]} + "\"}",
                 std::count_if(pool.workers.begin(), pool.workers.end(),
                               [&](auto& worker) { return static_cast<size_t>(worker.phase) == phase; }));
  append_metric_head(out, "cog_status", "gauge",
                     "1 for the state the server is in; without the model's healthcheck().");
  for (auto state : {health_status::starting, health_status::ready, health_status::busy, health_status::setup_failed,
                     health_status::defunct})
    append_value(out, "cog_status{status=\"" + std::string{to_string(state)} + "\"}", state == now.status ? 1 : 0);
  append_gauge(out, "cog_slots", "Predictions that may run at once.", now.slots);
  append_gauge(out, "cog_slots_free", "Slots a new prediction could take.", now.free_slots);
  append_gauge(out, "cog_predictions_waiting", "Predictions in the queue.", now.waiting);
  append_gauge(out, "cog_predictions_in_flight", "Predictions that run or wait.", now.running + now.waiting);
  append_gauge(out, "cog_webhook_couriers", "Predictions whose webhooks are not all delivered.", now.couriers);
  append_gauge(out, "cog_results_kept", "Finished predictions that can be fetched again.", now.kept);
  return out;
}

}   // namespace cog
