#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cog::bench {

/// Text as HTML shows it, in elements and in quoted attributes.
std::string escaped_html(std::string_view text);

struct plot_point {
  double x = 0, y = 0;
  std::string label;          // told to whoever points at it
  bool shows_label = false;   // written beside it, too
};

struct plot_series {
  std::string name;
  std::vector<std::vector<plot_point>> lines{};   // not joined to each other
};

struct plot_axis {
  std::string title;
  bool logarithmic = false;
  std::vector<std::pair<double, std::string>> ticks{};   // none: chosen by the values
};

struct plot {
  std::string title;
  plot_axis x, y;
  std::vector<plot_series> series{};
};

/// A figure with title, legend and an inline SVG; empty when there is no point.
std::string figure_of(const plot& what);

/// Round values over the range, about `wanted` of them; decades, and parts of them, on a logarithmic axis.
std::vector<double> round_values(double low, double high, bool logarithmic, int wanted);

}   // namespace cog::bench
