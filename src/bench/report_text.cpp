#include "bench/report.hpp"
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace cog::bench {

namespace {

using row = std::vector<std::string>;

constexpr size_t longest_error = 120;   // bytes shown of an error's text

/// The first column to the left, the others to the right.
std::string aligned(const std::vector<row>& rows) {
  std::vector<size_t> widths;
  for (auto& cells : rows)
    for (size_t i = 0; i < cells.size(); ++i) {
      if (widths.size() <= i)
        widths.push_back(0);
      widths[i] = std::max(widths[i], cells[i].size());
    }
  std::string text;
  for (auto& cells : rows) {
    for (size_t i = 0; i < cells.size(); ++i) {
      std::string space(widths[i] - cells[i].size(), ' ');
      text += i == 0 ? cells[i] + space : "  " + space + cells[i];
    }
    text += '\n';
  }
  return text;
}

void append_percentiles(row& cells, const histogram& values) {
  for (double percent : {50.0, 90.0, 99.0, 99.9})
    cells.push_back(shown_milliseconds(values.percentile(percent)));
  cells.push_back(shown_milliseconds(values.max()));
}

row latency_row(const step_result& step) {
  row cells{name_of(step.step), shown_rate(step.rate()), shown_count(step.ok), shown_count(step.failed)};
  append_percentiles(cells, step.latency);
  return cells;
}

row detail_row(const std::string& name, const histogram& values) {
  row cells{"  " + name, "", shown_count(values.count()), ""};
  append_percentiles(cells, values);
  return cells;
}

std::string one_line(std::string_view text) {
  std::string line{text.substr(0, longest_error)};
  for (auto& letter : line)
    if (static_cast<unsigned char>(letter) < ' ')
      letter = ' ';
  return line + (text.size() > longest_error ? "..." : "");
}

std::string piece_name(const load_settings& settings) {
  return settings.openai ? "token" : "chunk";
}

std::string step_notes(const step_result& step, const load_settings& settings) {
  std::string text;
  if (step.waited > 0)
    text += "  " + shown_count(step.waited) + " requests waited for a free connection (--max-clients)\n";
  if (step.chunks > 0 && step.seconds > 0)
    text += "  " + shown_rate(static_cast<double>(step.chunks) / step.seconds) + " " + piece_name(settings) + "s/s\n";
  if (step.doubled_webhooks + step.late_webhooks > 0)
    text +=
      "  webhooks: " + shown_count(step.doubled_webhooks) + " doubled, " + shown_count(step.late_webhooks) + " late\n";
  for (auto& error : step.errors)
    text += "  " + shown_count(error.count) + " x " + error.kind +
      (error.first.empty() ? "" : ": " + one_line(error.first)) + "\n";
  return text;
}

/// What the server tells of its batches; empty without any.
std::string batch_notes(const server_metrics& server) {
  auto& changes = server.changes;
  auto batches = sum_of(changes, "cog_batch_size_count");
  if (batches == 0)
    return {};
  auto text = "batches: " + shown_count(static_cast<uint64_t>(batches)) + ", " +
    shown_rate(sum_of(changes, "cog_batch_size_sum") / batches) + " predictions each; held " +
    shown_milliseconds(static_cast<uint64_t>(sum_of(changes, "cog_batch_held_seconds_sum") / batches * 1e9)) +
    " ms each; closed";
  auto separator = " ";
  for (auto* why : {"full", "gap", "wait", "drain"}) {
    auto share = sum_of(changes, "cog_batches_total{closed=\"" + std::string{why} + "\"}") / batches;
    if (share > 0)
      text += std::exchange(separator, ", ") + std::string{why} + " " +
        std::to_string(static_cast<int>(std::lround(share * 100))) + " %";
  }
  return text + "\n";
}

}   // namespace

std::string shown_milliseconds(uint64_t nanoseconds) {
  auto value = static_cast<double>(nanoseconds) / 1e6;
  std::array<char, 64> text{};
  auto digits = value <= 0 ? 0 : std::clamp(2 - static_cast<int>(std::floor(std::log10(value))), 0, 6);
  auto size = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return {text.data(), static_cast<size_t>(size)};
}

std::string shown_count(uint64_t count) {
  auto text = std::to_string(count);
  for (auto at = static_cast<int>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<size_t>(at), ",");
  return text;
}

std::string shown_rate(double rate) {
  if (rate >= 100)
    return shown_count(static_cast<uint64_t>(std::llround(rate)));
  std::array<char, 64> text{};
  auto size = std::snprintf(text.data(), text.size(), "%.1f", rate);
  return {text.data(), static_cast<size_t>(size)};
}

std::string shown_kind(const run_report& report) {
  bool open = !report.steps.empty() && report.steps.front().step.is_open();
  std::string kind = open ? "open loop" : "closed loop";
  if (report.settings.kind == traffic::streams)
    kind += report.settings.openai ? ", chat completions" : ", event streams";
  if (report.settings.kind == traffic::webhooks)
    kind += ", until the webhook";
  return kind;
}

std::string text_report(const run_report& report) {
  std::string text = report.settings.method + " " + report.url + " (" + shown_kind(report) + "; latency in ms)\n";
  std::vector<row> rows{{"", "answers/s", "ok", "errors", "p50", "p90", "p99", "p99.9", "max"}};
  for (auto& step : report.steps) {
    rows.push_back(latency_row(step));
    if (report.settings.kind == traffic::streams) {
      auto piece = piece_name(report.settings);
      rows.push_back(detail_row("first " + piece, step.first_chunk));
      rows.push_back(detail_row("between " + piece + "s", step.chunk_gap));
    }
    if (report.settings.kind == traffic::webhooks)
      rows.push_back(detail_row("accepted", step.accepted));
  }
  text += aligned(rows);
  for (auto& step : report.steps)
    if (auto notes = step_notes(step, report.settings); !notes.empty())
      text += (report.steps.size() > 1 ? name_of(step.step) + ":\n" : "") + notes;
  text += batch_notes(report.server);
  if (report.interrupted)
    text += "interrupted: the figures are those until then\n";
  return text;
}

}   // namespace cog::bench
