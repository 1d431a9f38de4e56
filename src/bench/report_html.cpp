#include "bench/page_style.hpp"
#include "bench/report_plots.hpp"
#include "version.hpp"
#include <algorithm>

namespace cog::bench {

namespace {

using row = std::vector<std::string>;

std::string cells(const row& texts, const std::string& tag) {
  std::string html = "<tr>";
  for (auto& text : texts)
    html.append("<").append(tag).append(">").append(escaped_html(text)).append("</").append(tag).append(">");
  return html + "</tr>\n";
}

std::string table(const std::string& kind, const row& heads, const std::vector<row>& rows) {
  auto html = "<div class=\"table\"><table class=\"" + kind + "\">\n" + (heads.empty() ? "" : cells(heads, "th"));
  for (auto& texts : rows)
    html += cells(texts, "td");
  return html + "</table></div>\n";
}

row percentile_row(row start, const histogram& values) {
  for (double percent : {50.0, 90.0, 99.0, 99.9})
    start.push_back(shown_milliseconds(values.percentile(percent)));
  start.push_back(shown_milliseconds(values.max()));
  start.push_back(shown_milliseconds(static_cast<uint64_t>(values.mean())));
  return start;
}

std::string results_table(const run_report& report) {
  std::vector<row> rows;
  for (auto& step : report.steps) {
    rows.push_back(percentile_row(
      {name_of(step.step), shown_rate(step.rate()), shown_count(step.ok), shown_count(step.failed)}, step.latency));
    auto detail = [&](const std::string& name, const histogram& values) {
      rows.push_back(percentile_row({"· " + name, "", shown_count(values.count()), ""}, values));
    };
    if (report.settings.kind == traffic::streams) {
      detail("first chunk", step.first_chunk);
      detail("between chunks", step.chunk_gap);
    }
    if (report.settings.kind == traffic::webhooks)
      detail("accepted", step.accepted);
  }
  return table("results", {"", "answers/s", "ok", "errors", "p50 ms", "p90", "p99", "p99.9", "max", "mean"}, rows);
}

std::string errors_table(const run_report& report) {
  std::vector<row> rows;
  for (auto& step : report.steps)
    for (auto& error : step.errors)
      rows.push_back({name_of(step.step), error.kind, shown_count(error.count), error.first});
  return rows.empty() ? "<p>None.</p>\n" : table("words", {"load", "kind", "count", "the first said"}, rows);
}

std::string settings_table(const run_report& report) {
  auto& settings = report.settings;
  auto seconds = [](double value) { return short_number(value) + " s"; };
  std::vector<row> rows{
    {"target", report.target},
    {"asked", settings.method + " " + report.url},
    {"load", shown_kind(report)},
    {"each measurement", settings.seconds ? seconds(*settings.seconds) : "until all requests are answered"},
    {"warm-up", seconds(settings.warmup)},
    {"time-out of a request", seconds(settings.timeout)}};
  if (settings.requests > 0)
    rows.push_back({"requests", "at most " + shown_count(settings.requests)});
  if (!report.steps.empty() && report.steps.front().step.is_open())
    rows.push_back({"connections", "at most " + shown_count(settings.max_clients)});
  for (auto& [name, value] : settings.headers)
    rows.push_back({"header", name});
  rows.push_back({"input", report.input});
  rows.push_back({"body of a request", shown_count(report.request_bytes) + " bytes"});
  rows.push_back({"started", report.started_at});
  rows.push_back({"load made by",
                  "cog bench " + std::string{build_version} + " on " + report.where.processor + ", " +
                    std::to_string(report.where.cores) + " cores, " +
                    shown_count(report.where.memory_bytes / (1024 * 1024)) + " MiB, " + report.where.kernel});
  return table("words", {}, rows);
}

std::string server_table(const run_report& report) {
  if (report.server.series.empty())
    return "<p>No metrics of the server: " + escaped_html(report.server.problem) + "</p>\n";
  std::vector<row> rows;
  for (auto& [name, change] : report.server.changes)
    rows.push_back({name, short_number(change)});
  return table("changes", {"counter", "change during the run"}, rows);
}

std::string card(const std::string& value, const std::string& name) {
  return "<div><b>" + escaped_html(value) + "</b><span>" + escaped_html(name) + "</span></div>";
}

/// The step with the most answers a second, in large.
std::string cards(const run_report& report) {
  auto less = [](auto& left, auto& right) { return left.rate() < right.rate(); };
  auto best = std::max_element(report.steps.begin(), report.steps.end(), less);
  if (best == report.steps.end())
    return {};
  uint64_t failed = 0;
  for (auto& step : report.steps)
    failed += step.failed;
  auto html = "<div class=\"cards\">" + card(shown_rate(best->rate()), "answers/s, " + name_of(best->step)) +
    card(shown_milliseconds(best->latency.percentile(50)) + " ms", "p50") +
    card(shown_milliseconds(best->latency.percentile(99)) + " ms", "p99");
  if (best->chunks > 0)
    html += card(shown_rate(static_cast<double>(best->chunks) / best->seconds), "chunks/s");
  return html + card(shown_count(failed), failed == 1 ? "error" : "errors") + "</div>\n";
}

}   // namespace

std::string html_report(const run_report& report) {
  std::string figures;
  for (auto& what : plots_of(report))
    figures += figure_of(what);
  auto html =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\">\n<title>cog bench: " +
    escaped_html(report.target) + "</title>\n<style>" + std::string{page_style} +
    "</style></head>\n<body><main>\n<h1>" + escaped_html(report.target) + "</h1>\n<p>" +
    escaped_html(shown_kind(report)) + ", " + escaped_html(report.started_at.substr(0, 16)) + "</p>\n";
  if (report.interrupted)
    html += "<p class=\"bad\">Interrupted: the figures are those until then.</p>\n";
  html += cards(report) + "<div class=\"plots\">\n" + figures + "</div>\n";
  html += "<h2>Results</h2>\n" + results_table(report);
  html += "<h2>Errors</h2>\n" + errors_table(report);
  html += "<h2>The server's own figures</h2>\n" + server_table(report);
  html += "<h2>Settings and machine</h2>\n" + settings_table(report);
  for (auto& note : report.notes)
    html += "<p>" + escaped_html(note) + "</p>\n";
  return html + "</main><div id=\"tip\"></div>\n<script>" + std::string{page_script} + "</script></body></html>\n";
}

}   // namespace cog::bench
