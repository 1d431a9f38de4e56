#include "bench/report.hpp"
#include "json/json_writer.hpp"
#include "version.hpp"
#include <array>
#include <charconv>

namespace cog::bench {

namespace {

std::string number(double value) {
  std::array<char, 64> text{};
  return {text.data(), std::to_chars(text.begin(), text.end(), value, std::chars_format::general, 9).ptr};
}

std::string milliseconds(uint64_t nanoseconds) {
  return number(static_cast<double>(nanoseconds) / 1e6);
}

void value(json_writer& json, std::string_view name, double quantity) {
  json.raw(name, number(quantity));
}

void write_histogram(json_writer& json, std::string_view name, const histogram& values) {
  json.open(name, '{');
  json.number("count", values.count());
  json.raw("min", milliseconds(values.min()));
  value(json, "mean", values.mean() / 1e6);
  value(json, "standard_deviation", values.standard_deviation() / 1e6);
  json.raw("max", milliseconds(values.max()));
  json.open("percentiles", '{');
  for (auto& [text, percent] :
       {std::pair{"50", 50.0}, std::pair{"75", 75.0}, std::pair{"90", 90.0}, std::pair{"95", 95.0},
        std::pair{"99", 99.0}, std::pair{"99.9", 99.9}, std::pair{"99.99", 99.99}})
    json.raw(text, milliseconds(values.percentile(percent)));
  json.close('}');
  json.open("histogram", '[');
  for (auto& [largest, count] : values.buckets())
    json.raw("", "[" + milliseconds(largest) + "," + std::to_string(count) + "]");
  json.close(']');
  json.close('}');
}

void write_settings(json_writer& json, const run_report& report) {
  auto& settings = report.settings;
  json.open("settings", '{');
  json.text("method", settings.method);
  json.text("path", settings.path);
  json.text("traffic",
            settings.kind == traffic::streams      ? "streams"
              : settings.kind == traffic::webhooks ? "webhooks"
                                                   : "answers");
  json.raw("duration_s", settings.seconds ? number(*settings.seconds) : "null");
  value(json, "warmup_s", settings.warmup);
  value(json, "timeout_s", settings.timeout);
  json.raw("requests", settings.requests > 0 ? std::to_string(settings.requests) : "null");
  json.number("max_clients", settings.max_clients);
  json.open("headers", '[');
  for (auto& [name, value] : settings.headers)
    json.text("", name);
  json.close(']');
  json.text("input", report.input);
  json.number("request_body_bytes", report.request_bytes);
  json.close('}');
}

void write_errors(json_writer& json, const step_result& step) {
  json.open("errors_by_kind", '[');
  for (auto& error : step.errors) {
    json.open("", '{');
    json.text("kind", error.kind);
    json.number("count", error.count);
    json.text("first", error.first);
    json.close('}');
  }
  json.close(']');
}

void write_series(json_writer& json, const step_result& step) {
  json.open("series", '[');
  for (auto& part : step.intervals) {
    json.open("", '{');
    value(json, "t", part.at);
    value(json, "seconds", part.seconds);
    json.number("ok", part.ok);
    json.number("errors", part.errors);
    json.raw("p50_ms", milliseconds(part.p50));
    json.raw("p99_ms", milliseconds(part.p99));
    json.raw("max_ms", milliseconds(part.max));
    json.close('}');
  }
  json.close(']');
}

void write_step(json_writer& json, const run_report& report, const step_result& step) {
  json.open("", '{');
  if (step.step.is_open())
    value(json, "rate", step.step.rate);
  else
    json.number("clients", step.step.clients);
  value(json, "begins_s", step.begins);
  value(json, "seconds", step.seconds);
  json.number("requests", step.requests);
  json.number("ok", step.ok);
  json.number("errors", step.failed);
  value(json, "answers_per_second", step.rate());
  json.number("connections", step.connections);
  json.number("waited_for_connection", step.waited);
  value(json, "own_load", step.own_load);
  write_errors(json, step);
  write_histogram(json, "latency_ms", step.latency);
  if (report.settings.kind == traffic::streams) {
    json.number("chunks", step.chunks);
    value(json, "chunks_per_second", step.seconds > 0 ? static_cast<double>(step.chunks) / step.seconds : 0);
    write_histogram(json, "first_chunk_ms", step.first_chunk);
    write_histogram(json, "chunk_gap_ms", step.chunk_gap);
  }
  if (report.settings.kind == traffic::webhooks) {
    write_histogram(json, "accepted_ms", step.accepted);
    json.open("webhooks", '{');
    json.number("received", step.webhooks);
    json.number("doubled", step.doubled_webhooks);
    json.number("late", step.late_webhooks);
    json.close('}');
  }
  write_series(json, step);
  json.close('}');
}

void write_server(json_writer& json, const server_metrics& server) {
  json.open("server_metrics", '{');
  json.flag("available", !server.series.empty());
  json.text("problem", server.problem);
  json.open("series", '[');
  for (auto& sample : server.series) {
    json.open("", '{');
    value(json, "t", sample.at);
    value(json, "waiting", sample.waiting);
    value(json, "busy", sample.busy);
    value(json, "slots", sample.slots);
    value(json, "connections", sample.connections);
    value(json, "predictions", sample.predictions);
    json.close('}');
  }
  json.close(']');
  json.open("changes", '{');
  for (auto& [name, change] : server.changes)
    value(json, name, change);
  json.close('}');
  json.close('}');
}

}   // namespace

std::string json_report(const run_report& report) {
  std::string out;
  json_writer json{out};
  json.open("", '{');
  json.text("tool", "cog bench " + std::string{build_version});
  json.text("target", report.target);
  json.text("url", report.url);
  json.text("started_at", report.started_at);
  json.flag("interrupted", report.interrupted);
  write_settings(json, report);
  json.open("machine", '{');
  json.text("processor", report.where.processor);
  json.number("cores", report.where.cores);
  json.number("memory_bytes", report.where.memory_bytes);
  json.text("kernel", report.where.kernel);
  json.close('}');
  json.open("notes", '[');
  for (auto& note : report.notes)
    json.text("", note);
  json.close(']');
  json.open("steps", '[');
  for (auto& step : report.steps)
    write_step(json, report, step);
  json.close(']');
  write_server(json, report.server);
  json.close('}');
  return out + "\n";
}

}   // namespace cog::bench
