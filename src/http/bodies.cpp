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

}   // namespace

std::string index_body(bool training) {
  std::string out = "{";
  add_member(out, "cog_version", api_version);
  add_member(out, "docs_url", "/docs");
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
  out += '}';
  return out;
}

std::string probe_body(health_status status) {
  std::string out = "{";
  add_member(out, "status", to_string(status));
  out += '}';
  return out;
}

}   // namespace cog
