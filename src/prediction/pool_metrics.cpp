#include "prediction/pool_metrics.hpp"
#include "prediction/json_text.hpp"
#include <algorithm>

namespace cog {

namespace {

constexpr std::array terminal{prediction_status::succeeded, prediction_status::failed, prediction_status::canceled};
constexpr std::array<std::string_view, 6> phases{"waiting", "starting", "ready", "restarting", "failed", "given_up"};

void append_value(std::string& out, std::string_view series, uint64_t value) {
  out += series;
  out += ' ';
  out += std::to_string(value);
  out += '\n';
}

void append_gauge(std::string& out, std::string_view name, std::string_view help, uint64_t value) {
  append_metric_head(out, name, "gauge", help);
  append_value(out, name, value);
}

}   // namespace

void append_metric_head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
  out.append(name).append(" ").append(type).append("\n");
}

void pool_metrics::count(const prediction_snapshot& ended) {
  auto which = std::find(terminal.begin(), terminal.end(), ended.status);
  if (which == terminal.end())
    return;
  ++ended_[which - terminal.begin()];
  seconds_ += ended.predict_time;
  auto bucket = std::lower_bound(bounds.begin(), bounds.end(), ended.predict_time);
  if (bucket != bounds.end())
    ++buckets_[bucket - bounds.begin()];
}

std::string pool_metrics::text(const pool_state& pool, const gauges& now) const {
  std::string out;
  append_metric_head(out, "cog_predictions_total", "counter", "Predictions that have ended.");
  uint64_t all = 0;
  for (size_t i = 0; i < terminal.size(); ++i) {
    all += ended_[i];
    append_value(out, "cog_predictions_total{status=\"" + std::string{to_string(terminal[i])} + "\"}", ended_[i]);
  }
  append_metric_head(out, "cog_predict_seconds", "histogram", "Time from slot to end of a prediction.");
  uint64_t below = 0;
  for (size_t i = 0; i < bounds.size(); ++i) {
    below += buckets_[i];
    std::string bound;
    append_float(bound, bounds[i]);
    append_value(out, "cog_predict_seconds_bucket{le=\"" + bound + "\"}", below);
  }
  append_value(out, "cog_predict_seconds_bucket{le=\"+Inf\"}", all);
  out += "cog_predict_seconds_sum ";
  append_float(out, seconds_);
  out += '\n';
  append_value(out, "cog_predict_seconds_count", all);
  append_metric_head(out, "cog_predictions_refused_total", "counter", "Predictions refused: no slot, or not ready.");
  append_value(out, "cog_predictions_refused_total", refused_);
  append_metric_head(out, "cog_worker_restarts_total", "counter", "Worker processes that died or were ended.");
  append_value(out, "cog_worker_restarts_total", restarts_);
  append_metric_head(out, "cog_workers", "gauge", "Workers by state.");
  for (size_t phase = 0; phase < phases.size(); ++phase)
    append_value(out, "cog_workers{state=\"" + std::string{phases[phase]} + "\"}",
                 std::count_if(pool.workers.begin(), pool.workers.end(),
                               [&](auto& worker) { return static_cast<size_t>(worker.phase) == phase; }));
  append_gauge(out, "cog_slots", "Predictions that may run at once.", now.slots);
  append_gauge(out, "cog_slots_free", "Slots a new prediction could take.", now.free_slots);
  append_gauge(out, "cog_predictions_waiting", "Predictions in the waiting line.", now.waiting);
  append_gauge(out, "cog_webhook_couriers", "Predictions whose webhooks are not all delivered.", now.couriers);
  append_gauge(out, "cog_results_kept", "Finished predictions that can be fetched again.", now.kept);
  return out;
}

}   // namespace cog
