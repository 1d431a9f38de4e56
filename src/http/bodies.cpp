#include "http/bodies.hpp"
#include "prediction/json_text.hpp"
#include "version.hpp"

namespace cog {

namespace {

void add_member(std::string& out, std::string_view name, std::string_view text) {
  if (out.back() != '{')
    out += ',';
  append_json_string(out, name);
  out += ':';
  append_json_string(out, text);
}

void add_setup(std::string& out, const setup_result& setup) {
  out += R"(,"setup":{)";
  add_member(out, "started_at", setup.started_at);
  if (!setup.completed_at.empty())
    add_member(out, "completed_at", setup.completed_at);
  add_member(out, "status", setup.status);
  if (!setup.logs.empty())
    add_member(out, "logs", setup.logs);
  out += '}';
}

void add_number(std::string& out, std::string_view name, uint64_t number) {
  if (out.back() != '{')
    out += ',';
  append_json_string(out, name);
  out += ':';
  out += std::to_string(number);
}

/// What is left when workers are gone for good; nothing while there are all.
void add_capacity(std::string& out, const health_answer& health) {
  if (health.given_up.empty())
    return;
  out += R"(,"capacity":{)";
  add_number(out, "slots", health.slots);
  add_number(out, "live", health.live_slots);
  out += R"(,"given_up":[)";
  for (auto& worker : health.given_up) {
    if (out.back() != '[')
      out += ',';
    append_json_string(out, worker);
  }
  out += "]}";
}

void add_devices(std::string& out, const device_report& report) {
  add_member(out, "gpu_driver", report.driver);
  out += R"(,"gpus":[)";
  for (auto& [device, workers, lost] : report.devices) {
    out += out.back() == '[' ? "{" : ",{";
    add_number(out, "index", device.index);
    add_member(out, "uuid", device.uuid);
    add_member(out, "name", device.name);
    add_number(out, "memory_bytes", device.memory);
    add_member(out, "compute_capability", device.compute_capability);
    add_member(out, "state", lost ? "lost" : "up");
    out += R"(,"workers":[)";
    for (auto worker : workers) {
      if (out.back() != '[')
        out += ',';
      out += std::to_string(worker);
    }
    out += "]}";
  }
  out += ']';
}

}   // namespace

std::string index_body(bool training, const device_report& devices) {
  std::string out = "{";
  add_member(out, "cog_version", api_version);
  add_member(out, "docs_url", "/docs");
  if (!devices.devices.empty())
    add_devices(out, devices);
  add_member(out, "healthcheck_url", "/health-check");
  add_member(out, "openapi_url", "/openapi.json");
  add_member(out, "predictions_cancel_url", "/predictions/{prediction_id}/cancel");
  add_member(out, "predictions_idempotent_url", "/predictions/{prediction_id}");
  add_member(out, "predictions_url", "/predictions");
  add_member(out, "shutdown_url", "/shutdown");
  if (training) {
    add_member(out, "trainings_cancel_url", "/trainings/{training_id}/cancel");
    add_member(out, "trainings_idempotent_url", "/trainings/{training_id}");
    add_member(out, "trainings_url", "/trainings");
  }
  out += '}';
  return out;
}

std::string health_body(const health_answer& health) {
  std::string out = "{";
  add_member(out, "status", to_string(health.status));
  if (health.setup)
    add_setup(out, *health.setup);
  out += R"(,"version":{)";
  add_member(out, "coglet", build_version);
  add_member(out, "git_sha", build_commit);
  add_member(out, "build_time", build_time);
  if (health.setup && !health.setup->sdk.empty()) {
    add_member(out, "python_sdk", health.setup->sdk);
    add_member(out, "python", health.setup->python);
  }
  out += '}';
  if (!health.user_error.empty())
    add_member(out, "user_healthcheck_error", health.user_error);
  add_capacity(out, health);
  out += '}';
  return out;
}

std::string probe_body(const health_answer& health) {
  std::string out = "{";
  add_member(out, "status", to_string(health.status));
  add_capacity(out, health);
  out += '}';
  return out;
}

}   // namespace cog
