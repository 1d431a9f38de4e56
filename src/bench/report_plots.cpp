#include "bench/report_plots.hpp"
#include <algorithm>
#include <cmath>

namespace cog::bench {

namespace {

constexpr double shortest_look = 0.3;   // seconds between two looks at the server that tell a rate
constexpr double wide_range = 20;       // from here on an axis is logarithmic

double milliseconds(uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e6;
}

/// `99.9` where the rest halves again and again: equal distances for 90, 99, 99.9 %.
double percent_position(double percent, uint64_t count) {
  auto rest = std::max(100 - percent, 50 / static_cast<double>(count));
  return std::log10(100 / rest);
}

/// Latencies from far apart are told apart on a logarithmic axis alone.
void choose_scale(plot& what) {
  double low = HUGE_VAL, high = 0;
  for (auto& series : what.series)
    for (auto& line : series.lines)
      for (auto& point : line) {
        low = std::min(low, point.y);
        high = std::max(high, point.y);
      }
  what.y.logarithmic = low > 0 && high / low > wide_range;
}

plot percentile_plot(const run_report& report, const std::string& title, const histogram step_result::*values) {
  plot found{title,
             {"percentile",
              false,
              {{0, "0"}, {std::log10(2), "50"}, {1, "90"}, {2, "99"}, {3, "99.9"}, {4, "99.99"}, {5, "99.999"}}},
             {"ms"}};
  for (auto& step : report.steps) {
    std::vector<plot_point> line;
    auto& counted = step.*values;
    if (counted.count() > 0)
      line.push_back({0, milliseconds(counted.min()), "least: " + shown_milliseconds(counted.min()) + " ms"});
    for (auto& point : counted.curve())
      line.push_back({percent_position(point.percent, counted.count()), milliseconds(point.value),
                      short_number(point.percent) + " %: " + shown_milliseconds(point.value) + " ms"});
    found.series.push_back({name_of(step.step), {line}});
  }
  choose_scale(found);
  return found;
}

/// Too short a part to be compared with the others: what came after the end of a measurement.
bool is_stub(const step_result& step, const interval& part) {
  return step.intervals.size() > 1 && part.seconds < step.intervals.front().seconds / 2;
}

/// A line for each step over the time of the whole run; parts of which `value` is negative are left out.
template <class Value>
plot_series over_time(const run_report& report, const std::string& name, const std::string& unit, Value value) {
  plot_series series{name};
  auto describe = [&](const step_result& step, double moment, double height) {
    return name + " at " + short_number(std::round(moment * 10) / 10) + " s (" + name_of(step.step) +
      "): " + short_number(std::round(height * 1000) / 1000) + " " + unit;
  };
  for (auto& step : report.steps) {
    std::vector<plot_point> line;
    for (auto& part : step.intervals) {
      auto moment = step.begins + part.at;
      auto height = value(part);
      if (height >= 0 && !is_stub(step, part))
        line.push_back({moment, height, describe(step, moment, height)});
    }
    series.lines.push_back(line);
  }
  return series;
}

plot latency_over_time(const run_report& report) {
  plot found{"Latency over time", {"seconds"}, {"ms"}};
  auto add = [&](const std::string& name, uint64_t interval::*value) {
    found.series.push_back(
      over_time(report, name, "ms", [value](auto& part) { return part.ok > 0 ? milliseconds(part.*value) : -1; }));
  };
  add("p50", &interval::p50);
  add("p99", &interval::p99);
  add("max", &interval::max);
  choose_scale(found);
  return found;
}

plot throughput_over_time(const run_report& report) {
  plot found{"Throughput over time", {"seconds"}, {"a second"}};
  found.series.push_back(
    over_time(report, "answers", "/s", [](auto& part) { return static_cast<double>(part.ok) / part.seconds; }));
  found.series.push_back(
    over_time(report, "errors", "/s", [](auto& part) { return static_cast<double>(part.errors) / part.seconds; }));
  return found;
}

plot sweep(const run_report& report) {
  plot found{"Throughput and latency", {"answers a second"}, {"ms"}};
  for (double percent : {50.0, 99.0}) {
    auto name = "p" + short_number(percent);
    std::vector<plot_point> line;
    for (auto& step : report.steps)
      if (step.ok > 0) {
        auto latency = step.latency.percentile(percent);
        line.push_back({step.rate(), milliseconds(latency),
                        name_of(step.step) + ": " + name + " " + shown_milliseconds(latency) + " ms, " +
                          shown_rate(step.rate()) + " answers/s",
                        percent == 99});
      }
    found.series.push_back({name, {line}});
  }
  choose_scale(found);
  return found;
}

plot server_slots(const run_report& report) {
  plot found{"The server: slots and waiting line", {"seconds"}, {"predictions"}};
  auto add = [&](const std::string& name, double server_sample::*value) {
    std::vector<plot_point> line;
    for (auto& sample : report.server.series)
      line.push_back({sample.at, sample.*value, name + ": " + short_number(sample.*value)});
    found.series.push_back({name, {line}});
  };
  add("busy", &server_sample::busy);
  add("waiting", &server_sample::waiting);
  add("slots", &server_sample::slots);
  return found;
}

plot server_predictions(const run_report& report) {
  plot found{"The server: predictions ended", {"seconds"}, {"a second"}};
  std::vector<plot_point> line;
  auto& all = report.server.series;
  for (size_t i = 1; i < all.size(); ++i) {
    auto seconds = all[i].at - all[i - 1].at;
    if (seconds < shortest_look && i > 1)
      continue;
    auto rate = seconds > 0 ? (all[i].predictions - all[i - 1].predictions) / seconds : 0;
    line.push_back({all[i].at, rate, shown_rate(rate) + " predictions/s"});
  }
  found.series.push_back({"predictions", {line}});
  return found;
}

}   // namespace

std::vector<plot> plots_of(const run_report& report) {
  std::vector<plot> plots{percentile_plot(report, "Latency by percentile", &step_result::latency)};
  if (report.steps.size() > 1)
    plots.push_back(sweep(report));
  plots.push_back(latency_over_time(report));
  plots.push_back(throughput_over_time(report));
  if (report.settings.kind == traffic::streams) {
    plots.push_back(percentile_plot(report, "Time to the first chunk, by percentile", &step_result::first_chunk));
    plots.push_back(percentile_plot(report, "Time between chunks, by percentile", &step_result::chunk_gap));
  }
  if (report.settings.kind == traffic::webhooks)
    plots.push_back(percentile_plot(report, "Time until accepted, by percentile", &step_result::accepted));
  plots.push_back(server_slots(report));
  plots.push_back(server_predictions(report));
  return plots;
}

}   // namespace cog::bench
