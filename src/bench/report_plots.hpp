#pragma once
#include "bench/report.hpp"
#include "bench/svg_plot.hpp"

namespace cog::bench {

/// The plots of a report, in their order; those without points included.
std::vector<plot> plots_of(const run_report& report);

}   // namespace cog::bench
