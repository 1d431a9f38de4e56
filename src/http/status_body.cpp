#include "http/status_body.hpp"
#include "json/json_text.hpp"
#include "json/json_writer.hpp"
#include "prediction/clock_text.hpp"
#include "prediction/owned_id.hpp"
#include "version.hpp"
#include <array>
#include <fmt/format.h>

namespace cog {

namespace {

using time_point = std::chrono::system_clock::time_point;

constexpr std::array<std::string_view, 6> phases{"waiting", "starting", "ready", "restarting", "failed", "given_up"};

class status_writer {
public:
  status_writer(const server_status& status, const http_rules& rules, const api_key* reader)
    : status_{status}, rules_{rules}, reader_{reader} {
    // nop
  }

  std::string write() {
    auto& pool = *status_.pool;
    json_.open("", '{');
    json_.text("status", to_string(pool.health->status));
    write_time("since", pool.since);
    write_time("started_at", pool.started);
    write_version();
    write_model();
    write_slots();
    write_workers();
    write_devices();
    json_.open("latency", '{');
    write_times(pool.run_times);
    json_.open("queue", '{');
    write_times(pool.wait_times);
    json_.close('}');
    json_.close('}');
    json_.open("rates", '{');
    write_rates("1m", pool.last_minute);
    write_rates("5m", pool.last_five_minutes);
    json_.close('}');
    write_failures();
    write_deaths();
    write_traffic();
    write_limits();
    json_.close('}');
    return std::move(out_);
  }

private:
  void write_time(std::string_view name, time_point moment) {
    if (moment != time_point{})
      json_.text(name, to_rfc3339(moment));
  }

  void write_float(std::string_view name, double value) {
    std::string text;
    append_float(text, value);
    json_.raw(name, text);
  }

  void write_version() {
    json_.open("version", '{');
    json_.text("coglet", build_version);
    json_.text("git_sha", build_commit);
    json_.text("cog", api_version);
    if (auto& setup = status_.pool->health->setup; setup && !setup->python.empty())
      json_.text("python", setup->python);
    json_.close('}');
  }

  void write_model() {
    auto& model = status_.pool->health->model;
    json_.open("model", '{');
    json_.text("reference", rules_.config.reference);
    json_.text("mode", rules_.config.mode);
    if (!rules_.config.image.empty())
      json_.text("image", rules_.config.image);
    if (model) {
      json_.flag("async", model->async);
      json_.flag("training", model->training);
      json_.flag("healthcheck", model->healthcheck);
    }
    if (model && model->document) {
      json_.flag("streaming", model->document->streaming);
      json_.text("schema_hash", fmt::format("{:016x}", hash_of(model->document->json)));
    }
    json_.close('}');
  }

  /// FNV-1a, 64 bits: two documents that differ are told apart, no more.
  static uint64_t hash_of(std::string_view text) {
    uint64_t hash = 0xcbf29ce484222325;
    for (unsigned char byte : text)
      hash = (hash ^ byte) * 0x100000001b3;
    return hash;
  }

  void write_slots() {
    auto& pool = *status_.pool;
    json_.open("slots", '{');
    json_.number("total", pool.health->slots);
    json_.number("live", pool.health->live_slots);
    json_.number("busy", pool.busy);
    json_.number("waiting", pool.waiting);
    json_.number("queue", rules_.config.max_queue);
    json_.close('}');
  }

  void write_workers() {
    json_.open("workers", '[');
    for (auto& worker : status_.pool->workers)
      write_worker(worker);
    json_.close(']');
  }

  void write_worker(const pool_status::worker& worker) {
    auto& report = worker.report;
    json_.open("", '{');
    json_.number("index", report.index);
    auto state = phases.at(static_cast<size_t>(report.phase));
    json_.text("state", report.phase == worker_phase::ready && !worker.runs.empty() ? "busy" : state);
    write_time("since", worker.record.since);
    if (report.pid > 0)
      json_.number("pid", static_cast<uint64_t>(report.pid));
    json_.open("devices", '[');
    for (auto& device : report.devices)
      json_.text("", device);
    json_.close(']');
    json_.open("running", '[');
    for (auto& run : worker.runs) {
      auto id = shown_id(run.id);
      if (!id)
        continue;
      json_.open("", '{');
      json_.text("id", *id);
      write_time("since", run.since);
      json_.close('}');
    }
    json_.close(']');
    json_.number("predictions", worker.record.predictions);
    json_.open("restarts", '{');
    json_.number("total", worker.record.restarts);
    json_.number("in_a_row", report.deaths_in_a_row);
    json_.close('}');
    if (worker.record.died_at != time_point{}) {
      json_.open("last_death", '{');
      write_time("at", worker.record.died_at);
      json_.text("cause", worker.record.cause);
      json_.close('}');
    }
    if (report.index < status_.usage.size() && status_.usage[report.index].rss_bytes > 0) {
      json_.number("rss_bytes", status_.usage[report.index].rss_bytes);
      write_float("cpu_seconds", status_.usage[report.index].cpu_seconds);
    }
    json_.close('}');
  }

  void write_devices() {
    json_.open("gpus", '[');
    for (auto& [device, workers, lost, used, utilization] : status_.devices->devices) {
      json_.open("", '{');
      json_.number("index", device.index);
      json_.text("uuid", device.uuid);
      json_.text("name", device.name);
      json_.text("state", lost ? "lost" : "up");
      if (device.memory > 0)
        json_.number("memory_bytes", device.memory);
      if (used)
        json_.number("memory_used_bytes", *used);
      if (utilization)
        write_float("utilization", *utilization);
      json_.open("workers", '[');
      for (auto worker : workers)
        json_.number("", worker);
      json_.close(']');
      json_.close('}');
    }
    json_.close(']');
  }

  void write_times(const pool_status::times& times) {
    json_.number("count", times.count);
    write_float("p50", times.p50);
    write_float("p90", times.p90);
    write_float("p99", times.p99);
    write_float("max", times.longest);
  }

  void write_rates(std::string_view name, const recent_window::rates& rates) {
    json_.open(name, '{');
    write_float("succeeded", rates.succeeded);
    write_float("failed", rates.failed);
    write_float("canceled", rates.canceled);
    write_float("refused", rates.refused);
    json_.close('}');
  }

  void write_failures() {
    json_.open("failures", '[');
    for (auto& failure : status_.pool->failures) {
      auto id = shown_id(failure.id);
      if (!id)
        continue;
      json_.open("", '{');
      json_.text("id", *id);
      write_time("at", failure.at);
      json_.number("worker", failure.worker);
      json_.text("error", failure.error);
      if (rules_.config.status_logs)
        json_.raw("log_tail", '"' + failure.log_tail + '"');
      json_.close('}');
    }
    json_.close(']');
  }

  void write_deaths() {
    json_.open("deaths", '[');
    for (auto& death : status_.pool->deaths) {
      json_.open("", '{');
      write_time("at", death.at);
      json_.number("worker", death.worker);
      json_.text("cause", death.cause);
      json_.open("predictions", '[');
      for (auto& name : death.predictions)
        if (auto id = shown_id(name))
          json_.text("", *id);
      json_.close(']');
      json_.close('}');
    }
    json_.close(']');
  }

  void write_traffic() {
    json_.open("http", '{');
    json_.number("connections", rules_.counters->connections());
    json_.number("body_memory_bytes", rules_.bodies->used());
    json_.number("output_memory_bytes", rules_.outputs->used());
    json_.close('}');
    json_.open("webhooks", '{');
    json_.number("waiting", status_.webhooks.waiting);
    json_.number("given_up", status_.webhooks.given_up);
    json_.close('}');
    json_.number("results_kept", status_.pool->kept);
  }

  /// The settings in force, by the names of docs/environment.md.
  void write_limits() {
    auto& config = rules_.config;
    json_.open("limits", '{');
    json_.number("COG_MAX_CONCURRENCY", config.max_concurrency);
    json_.number("COG_MAX_QUEUE", config.max_queue);
    json_.number("COG_RESTARTS", config.restarts);
    json_.number("COG_MAX_CONNECTIONS", config.max_connections);
    json_.number("COG_MAX_BODY_BYTES", config.max_body_bytes);
    json_.number("COG_MAX_BODY_MEMORY", config.max_body_memory);
    json_.number("COG_MAX_OUTPUT_MEMORY", config.max_output_memory);
    json_.number("COG_KEEP_RESULTS", config.keep_results);
    write_float("COG_SETUP_TIMEOUT", config.setup_timeout.count());
    write_float("COG_PREDICT_TIMEOUT", config.predict_timeout.count());
    write_float("COG_CANCEL_TIMEOUT", config.cancel_timeout.count());
    write_float("COG_MAX_QUEUE_TIME", config.max_queue_time.count());
    write_float("COG_DEFAULT_DEADLINE", config.default_deadline.count());
    write_float("COG_SHUTDOWN_TIMEOUT", config.shutdown_timeout.count());
    write_float("COG_DRAIN_DELAY", config.drain_delay.count());
    json_.close('}');
  }

  /// Of what a prediction is known by: its id, for those who may see it.
  std::optional<std::string_view> shown_id(const std::string& name) const {
    if (!rules_.keys)
      return name;
    auto [owner, id] = split_owned_id(name);
    bool shown = reader_ != nullptr && (reader_->may(scope_admin) || reader_->name == owner);
    return shown ? std::optional{id} : std::nullopt;
  }

  const server_status& status_;
  const http_rules& rules_;
  const api_key* reader_;
  std::string out_;
  json_writer json_{out_};
};

}   // namespace

std::string status_body(const server_status& status, const http_rules& rules, const api_key* reader) {
  return status_writer{status, rules, reader}.write();
}

}   // namespace cog
