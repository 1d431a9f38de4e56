#pragma once
#include "bench/report.hpp"
#include "bench/target.hpp"
#include "cli/engine/interrupts.hpp"
#include <string>
#include <vector>

namespace cog::bench {

/// What to measure, and with what.
struct load_plan {
  target where{};
  load_settings settings{};
  std::vector<load_step> steps{};
  std::string inputs = "{}";   // JSON
  bool show_progress = false;
};

/// Measures one step after the other, looking at the server's own metrics beside; fills in what it has found. A signal
/// ends it with what has been found until then. Throws command_error when it cannot begin.
void run(const load_plan& plan, const interrupts& signals, run_report& report);

}   // namespace cog::bench
