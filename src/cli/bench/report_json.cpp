#include "cli/bench/report.hpp"
#include "prediction/json_text.hpp"
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

/// Writes an object or array, member by member.
class writer {
public:
  explicit writer(std::string& out) : out_{out} {
    // nop
  }

  void open(std::string_view name, char bracket) {
    key(name);
    out_ += bracket;
    first_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    first_ = false;
  }
  void raw(std::string_view name, std::string_view json) {
    key(name);
    out_ += json;
  }
  void text(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(out_, value);
  }
  void value(std::string_view name, double value) { raw(name, number(value)); }
  void count(std::string_view name, uint64_t value) { raw(name, std::to_string(value)); }
  void flag(std::string_view name, bool value) { raw(name, value ? "true" : "false"); }

private:
  /// Items of arrays have no name.
  void key(std::string_view name) {
    if (!first_)
      out_ += ',';
    first_ = false;
    if (name.empty())
      return;
    append_json_string(out_, name);
    out_ += ':';
  }

  std::string& out_;
  bool first_ = true;
};

void write_histogram(writer& json, std::string_view name, const histogram& values) {
  json.open(name, '{');
  json.count("count", values.count());
  json.raw("min", milliseconds(values.min()));
  json.value("mean", values.mean() / 1e6);
  json.value("standard_deviation", values.standard_deviation() / 1e6);
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

void write_settings(writer& json, const run_report& report) {
  auto& settings = report.settings;
  json.open("settings", '{');
  json.text("method", settings.method);
  json.text("path", settings.path);
  json.text("traffic",
            settings.kind == traffic::streams      ? "streams"
              : settings.kind == traffic::webhooks ? "webhooks"
                                                   : "answers");
  json.raw("duration_s", settings.seconds ? number(*settings.seconds) : "null");
  json.value("warmup_s", settings.warmup);
  json.value("timeout_s", settings.timeout);
  json.raw("requests", settings.requests > 0 ? std::to_string(settings.requests) : "null");
  json.count("max_clients", settings.max_clients);
  json.open("headers", '[');
  for (auto& [name, value] : settings.headers)
    json.text("", name);
  json.close(']');
  json.text("input", report.input);
  json.count("request_body_bytes", report.request_bytes);
  json.close('}');
}

void write_errors(writer& json, const step_result& step) {
  json.open("errors_by_kind", '[');
  for (auto& error : step.errors) {
    json.open("", '{');
    json.text("kind", error.kind);
    json.count("count", error.count);
    json.text("first", error.first);
    json.close('}');
  }
  json.close(']');
}

void write_series(writer& json, const step_result& step) {
  json.open("series", '[');
  for (auto& part : step.intervals) {
    json.open("", '{');
    json.value("t", part.at);
    json.value("seconds", part.seconds);
    json.count("ok", part.ok);
    json.count("errors", part.errors);
    json.raw("p50_ms", milliseconds(part.p50));
    json.raw("p99_ms", milliseconds(part.p99));
    json.raw("max_ms", milliseconds(part.max));
    json.close('}');
  }
  json.close(']');
}

void write_step(writer& json, const run_report& report, const step_result& step) {
  json.open("", '{');
  if (step.step.is_open())
    json.value("rate", step.step.rate);
  else
    json.count("clients", step.step.clients);
  json.value("begins_s", step.begins);
  json.value("seconds", step.seconds);
  json.count("requests", step.requests);
  json.count("ok", step.ok);
  json.count("errors", step.failed);
  json.value("answers_per_second", step.rate());
  json.count("connections", step.connections);
  json.count("waited_for_connection", step.waited);
  json.value("own_load", step.own_load);
  write_errors(json, step);
  write_histogram(json, "latency_ms", step.latency);
  if (report.settings.kind == traffic::streams) {
    json.count("chunks", step.chunks);
    json.value("chunks_per_second", step.seconds > 0 ? static_cast<double>(step.chunks) / step.seconds : 0);
    write_histogram(json, "first_chunk_ms", step.first_chunk);
    write_histogram(json, "chunk_gap_ms", step.chunk_gap);
  }
  if (report.settings.kind == traffic::webhooks) {
    write_histogram(json, "accepted_ms", step.accepted);
    json.open("webhooks", '{');
    json.count("received", step.webhooks);
    json.count("doubled", step.doubled_webhooks);
    json.count("late", step.late_webhooks);
    json.close('}');
  }
  write_series(json, step);
  json.close('}');
}

void write_server(writer& json, const server_metrics& server) {
  json.open("server_metrics", '{');
  json.flag("available", !server.series.empty());
  json.text("problem", server.problem);
  json.open("series", '[');
  for (auto& sample : server.series) {
    json.open("", '{');
    json.value("t", sample.at);
    json.value("waiting", sample.waiting);
    json.value("busy", sample.busy);
    json.value("slots", sample.slots);
    json.value("connections", sample.connections);
    json.value("predictions", sample.predictions);
    json.close('}');
  }
  json.close(']');
  json.open("changes", '{');
  for (auto& [name, value] : server.changes)
    json.value(name, value);
  json.close('}');
  json.close('}');
}

}   // namespace

std::string json_report(const run_report& report) {
  std::string out;
  writer json{out};
  json.open("", '{');
  json.text("tool", "cog bench " + std::string{build_version});
  json.text("target", report.target);
  json.text("url", report.url);
  json.text("started_at", report.started_at);
  json.flag("interrupted", report.interrupted);
  write_settings(json, report);
  json.open("machine", '{');
  json.text("processor", report.where.processor);
  json.count("cores", report.where.cores);
  json.count("memory_bytes", report.where.memory_bytes);
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
