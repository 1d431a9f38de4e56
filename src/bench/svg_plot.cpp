#include "bench/svg_plot.hpp"
#include "bench/settings.hpp"
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace cog::bench {

namespace {

constexpr double width = 640, height = 300;   // of the whole
constexpr double left = 62, right = 18, top = 12, bottom = 44;
constexpr int ticks_wanted = 6;
constexpr size_t few_points = 24;   // of a line: these are shown as dots

std::string coordinate(double value) {
  std::array<char, 32> text{};
  auto size = std::snprintf(text.data(), text.size(), "%.1f", value);
  return {text.data(), static_cast<size_t>(size)};
}

/// One axis: which part of the picture a value has.
class scale {
public:
  scale(const plot_axis& axis, double low, double high, double from, double to)
    : logarithmic_{axis.logarithmic}, from_{from}, to_{to} {
    if (axis.ticks.empty()) {
      for (auto value : round_values(low, high, logarithmic_, ticks_wanted))
        ticks_.emplace_back(value, short_number(value));
      low = std::min(low, ticks_.front().first);
      high = std::max(high, ticks_.back().first);
    } else {
      ticks_ = axis.ticks;
      std::erase_if(ticks_, [&](auto& tick) { return tick.first < low || tick.first > high; });
    }
    low_ = position(low);
    high_ = position(high);
  }

  double at(double value) const {
    auto part = high_ > low_ ? (position(value) - low_) / (high_ - low_) : 0.5;
    return from_ + part * (to_ - from_);
  }

  const std::vector<std::pair<double, std::string>>& ticks() const { return ticks_; }

private:
  double position(double value) const { return logarithmic_ ? std::log10(value) : value; }

  bool logarithmic_;
  double from_, to_;
  double low_ = 0, high_ = 1;
  std::vector<std::pair<double, std::string>> ticks_;
};

struct range {
  double low = HUGE_VAL, high = -HUGE_VAL;

  void take(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

template <class Use>
void each_point(const plot& what, Use use) {
  for (auto& series : what.series)
    for (auto& line : series.lines)
      for (auto& point : line)
        use(point);
}

std::string text_at(double x, double y, std::string_view anchor, std::string_view content) {
  return "<text x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" text-anchor=\"" + std::string{anchor} + "\">" +
    escaped_html(content) + "</text>";
}

std::string line_at(double x1, double y1, double x2, double y2) {
  return "<line x1=\"" + coordinate(x1) + "\" y1=\"" + coordinate(y1) + "\" x2=\"" + coordinate(x2) + "\" y2=\"" +
    coordinate(y2) + "\"/>";
}

std::string axes_of(const plot& what, const scale& x, const scale& y) {
  std::string svg = "<g class=\"axes\">";
  for (auto& [value, name] : y.ticks())
    svg += line_at(left, y.at(value), width - right, y.at(value)) + text_at(left - 8, y.at(value) + 4, "end", name);
  for (auto& [value, name] : x.ticks())
    svg += line_at(x.at(value), height - bottom, x.at(value), height - bottom + 5) +
      text_at(x.at(value), height - bottom + 18, "middle", name);
  svg += text_at((left + width - right) / 2, height - 6, "middle", what.x.title);
  auto middle = coordinate((top + height - bottom) / 2);
  svg += "<text transform=\"translate(14," + middle + ") rotate(-90)\" text-anchor=\"middle\">" +
    escaped_html(what.y.title) + "</text>";
  return svg + "</g>";
}

std::string dot_of(const plot_point& point, const scale& x, const scale& y, bool shown) {
  auto svg = "<circle cx=\"" + coordinate(x.at(point.x)) + "\" cy=\"" + coordinate(y.at(point.y)) + "\" r=\"" +
    (shown ? "3" : "0") + "\" data-label=\"" + escaped_html(point.label) + "\"/>";
  if (point.shows_label)
    svg += text_at(x.at(point.x), y.at(point.y) - 8, "middle", point.label.substr(0, point.label.find(':')));
  return svg;
}

std::string series_of(const plot_series& series, size_t number, const scale& x, const scale& y) {
  auto svg = "<g class=\"series s" + std::to_string(number % 8) + "\">";
  for (auto& line : series.lines) {
    if (line.size() > 1) {
      svg += "<polyline points=\"";
      for (auto& point : line)
        svg += coordinate(x.at(point.x)) + "," + coordinate(y.at(point.y)) + " ";
      svg += "\"/>";
    }
    for (auto& point : line)
      svg += dot_of(point, x, y, line.size() <= few_points);
  }
  return svg + "</g>";
}

std::string legend_of(const plot& what) {
  std::string html = "<div class=\"legend\">";
  for (size_t i = 0; i < what.series.size(); ++i)
    html += "<span><i class=\"s" + std::to_string(i % 8) + "\"></i>" + escaped_html(what.series[i].name) + "</span>";
  return html + "</div>";
}

}   // namespace

std::string escaped_html(std::string_view text) {
  std::string html;
  for (char letter : text)
    switch (letter) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        // Of the control characters HTML has only white space.
        html += static_cast<unsigned char>(letter) < ' ' && letter != '\n' && letter != '\t' ? ' ' : letter;
    }
  return html;
}

std::vector<double> round_values(double low, double high, bool logarithmic, int wanted) {
  std::vector<double> values;
  if (logarithmic) {
    auto first = static_cast<int>(std::floor(std::log10(low)));
    auto last = static_cast<int>(std::ceil(std::log10(high)));
    bool few = last - first < 3;
    for (int decade = first; decade <= last; ++decade)
      for (double part : {1.0, 2.0, 5.0})
        if (auto value = part * std::pow(10, decade); part == 1 || few)
          values.push_back(value);
    while (values.size() > 2 && values[1] <= low)
      values.erase(values.begin());
    while (values.size() > 2 && values[values.size() - 2] >= high)
      values.pop_back();
    return values;
  }
  if (high <= low)
    high = low + std::max(std::abs(low), 1.0);
  auto span = high - low;
  auto rough = span / wanted;
  auto size = std::pow(10, std::floor(std::log10(rough)));
  auto step = size * (rough / size > 5 ? 10 : rough / size > 2 ? 5 : rough / size > 1 ? 2 : 1);
  auto first = std::floor(low / step);
  for (auto i = first; values.empty() || values.back() < high - step * 1e-6; ++i)
    values.push_back(i * step);
  return values;
}

std::string figure_of(const plot& what) {
  range x, y;
  each_point(what, [&](auto& point) {
    x.take(point.x);
    y.take(point.y);
  });
  if (x.low > x.high)
    return {};
  if (!what.y.logarithmic)
    y.low = std::min(y.low, 0.0);
  scale across{what.x, x.low, x.high, left, width - right};
  scale up{what.y, y.low, y.high, height - bottom, top};
  auto html = "<figure><figcaption>" + escaped_html(what.title) + "</figcaption>" + legend_of(what) +
    "<svg viewBox=\"0 0 " + short_number(width) + " " + short_number(height) + "\" role=\"img\" aria-label=\"" +
    escaped_html(what.title) + "\">" + axes_of(what, across, up);
  for (size_t i = 0; i < what.series.size(); ++i)
    html += series_of(what.series[i], i, across, up);
  return html + "</svg></figure>\n";
}

}   // namespace cog::bench
