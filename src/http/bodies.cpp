#include "http/bodies.hpp"
#include "pool/pool_metrics.hpp"
#include "json/json_text.hpp"
#include "json/json_writer.hpp"
#include "process/process_usage.hpp"
#include "version.hpp"
#include <fmt/format.h>
#include <unistd.h>

namespace cog {

namespace {

void write_setup(json_writer& json, const setup_result& setup) {
  json.open("setup", '{');
  json.text("started_at", setup.started_at);
  if (!setup.completed_at.empty())
    json.text("completed_at", setup.completed_at);
  json.text("status", setup.status);
  if (!setup.logs.empty())
    json.text("logs", setup.logs);
  json.close('}');
}

/// What is left when workers are gone for good; nothing while there are all.
void write_capacity(json_writer& json, const health_answer& health) {
  if (health.given_up.empty())
    return;
  json.open("capacity", '{');
  json.number("slots", health.slots);
  json.number("live", health.live_slots);
  json.open("given_up", '[');
  for (auto& worker : health.given_up)
    json.text("", worker);
  json.close(']');
  json.close('}');
}

std::string_view to_string(reload_result::state status) {
  switch (status) {
    case reload_result::state::none:
      return "none";
    case reload_result::state::starting:
      return "starting";
    case reload_result::state::succeeded:
      return "succeeded";
    case reload_result::state::failed:
      return "failed";
  }
  return "none";
}

void write_reload(json_writer& json, const reload_result& reload) {
  json.open("reload", '{');
  json.text("status", to_string(reload.status));
  json.number("version", reload.version);
  json.number("serving", reload.serving);
  if (!reload.started_at.empty())
    json.text("started_at", reload.started_at);
  if (!reload.completed_at.empty())
    json.text("completed_at", reload.completed_at);
  if (!reload.error.empty())
    json.text("error", reload.error);
  if (!reload.logs.empty())
    json.text("logs", reload.logs);
  json.close('}');
}

void write_devices(json_writer& json, const device_report& report) {
  json.text("gpu_driver", report.driver);
  json.open("gpus", '[');
  for (auto& [device, workers, lost, used, utilization] : report.devices) {
    json.open("", '{');
    json.number("index", device.index);
    json.text("uuid", device.uuid);
    json.text("name", device.name);
    json.number("memory_bytes", device.memory);
    json.text("compute_capability", device.compute_capability);
    json.text("state", lost ? "lost" : "up");
    json.open("workers", '[');
    for (auto worker : workers)
      json.number("", worker);
    json.close(']');
    json.close('}');
  }
  json.close(']');
}

}   // namespace

std::string index_body(bool training, const device_report& devices, const std::string& operations) {
  std::string out;
  json_writer json{out};
  json.open("", '{');
  json.text("cog_version", api_version);
  json.text("docs_url", "/docs");
  if (!devices.devices.empty())
    write_devices(json, devices);
  json.text("healthcheck_url", "/health-check");
  json.text("openapi_url", "/openapi.json");
  if (!operations.empty())
    json.raw("operations", operations);
  json.text("predictions_cancel_url", "/predictions/{prediction_id}/cancel");
  json.text("predictions_idempotent_url", "/predictions/{prediction_id}");
  json.text("predictions_url", "/predictions");
  json.text("shutdown_url", "/shutdown");
  json.text("status", "alive");   // what KServe's clients look for
  if (training) {
    json.text("trainings_cancel_url", "/trainings/{training_id}/cancel");
    json.text("trainings_idempotent_url", "/trainings/{training_id}");
    json.text("trainings_url", "/trainings");
  }
  json.close('}');
  return out;
}

std::string health_body(const health_answer& health) {
  std::string out;
  json_writer json{out};
  json.open("", '{');
  json.text("status", to_string(health.status));
  if (health.setup)
    write_setup(json, *health.setup);
  json.open("version", '{');
  json.text("coglet", build_version);
  json.text("git_sha", build_commit);
  json.text("build_time", build_time);
  if (health.setup && !health.setup->sdk.empty()) {
    json.text("python_sdk", health.setup->sdk);
    json.text("python", health.setup->python);
  }
  json.close('}');
  if (!health.user_error.empty())
    json.text("user_healthcheck_error", health.user_error);
  if (health.reload)
    write_reload(json, *health.reload);
  write_capacity(json, health);
  json.close('}');
  return out;
}

std::string probe_body(const health_answer& health) {
  std::string out;
  json_writer json{out};
  json.open("", '{');
  json.text("status", to_string(health.status));
  write_capacity(json, health);
  json.close('}');
  return out;
}

std::string memory_metrics(const memory_account& bodies, const memory_account& outputs) {
  std::string out;
  append_metric_head(out, "cog_body_memory_bytes", "gauge", "Request bodies in memory (COG_MAX_BODY_MEMORY).");
  out += "cog_body_memory_bytes " + std::to_string(bodies.used()) + "\n";
  append_metric_head(out, "cog_output_memory_bytes", "gauge",
                     "Outputs, logs and events of predictions in memory (COG_MAX_OUTPUT_MEMORY).");
  return out + "cog_output_memory_bytes " + std::to_string(outputs.used()) + "\n";
}

std::string process_metrics(const std::string& model) {
  std::string out;
  auto gauge = [&](std::string_view name, std::string_view help, const std::string& value) {
    append_metric_head(out, name, "gauge", help);
    out.append(name).append(" ").append(value).append("\n");
  };
  auto own = usage_of_this_process();
  append_metric_head(out, "cog_build_info", "gauge", "Which server and model this is.");
  std::string reference;
  append_json_string(reference, model);   // escapes as Prometheus does, quotes included
  out +=
    fmt::format("cog_build_info{{version=\"{}\",commit=\"{}\",model={}}} 1\n", build_version, build_commit, reference);
  gauge("process_start_time_seconds", "When this process was started.", fmt::format("{:.2f}", own.started));
  gauge("process_resident_memory_bytes", "Memory of the server, workers not counted.",
        std::to_string(usage_of(::getpid()).rss_bytes));
  gauge("process_open_fds", "Open file descriptors of the server.", std::to_string(own.open_files));
  gauge("process_max_fds", "The most that it may have.", std::to_string(own.most_files));
  return out;
}

}   // namespace cog
