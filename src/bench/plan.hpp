#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace cog::bench {

/// What a report of a run says about one server.
struct measured_server {
  double rate = 0;      // answers a second, at best, without errors
  double seconds = 0;   // of a prediction, waiting left out
  double slots = 1;
};

/// From the text of a JSON report. Throws std::runtime_error that says what is missing.
measured_server read_measured(std::string_view json);

struct plan_wishes {
  double rate = 0;     // predictions a second
  double room = 0.8;   // of what a server takes, how much is to be used
  double gpus = 1;     // of a server
};

struct pod_plan {
  uint64_t pods = 0;
  double use = 0;         // of what they take
  double mean_wait = 0;   // seconds in line, where each pod gets its share at random
  double slow_wait = 0;   // what one in a hundred waits longer than, in seconds
  uint64_t places = 0;    // COG_MAX_QUEUE: fewer than one in a thousand is refused
  double gpu_hours_a_day = 0;
  double gpu_hours_a_million = 0;   // predictions
};

/// Arrivals at random, and service times that vary as much as their mean: what is steadier waits less.
pod_plan plan_pods(const measured_server& server, const plan_wishes& wishes);

/// Some lines for a terminal.
std::string text_plan(const measured_server& server, const plan_wishes& wishes);

}   // namespace cog::bench
