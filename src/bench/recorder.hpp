#pragma once
#include "bench/result.hpp"
#include "bench/schedule.hpp"
#include <map>

namespace cog::bench {

/// Takes down what became of the requests of one measurement that count.
class recorder {
public:
  recorder(const load_settings& settings, const load_step& step);

  /// The moment from which on requests count, and how long after the start of the run that is.
  void begin(clock::time_point counting, double begins);

  void requested() { ++result_.requests; }
  void succeeded(clock::time_point due, clock::time_point now);
  void failed(const outcome& what, clock::time_point now, uint64_t count = 1);

  /// The counts so far; `errors` and `seconds` come with `finish`.
  step_result& result() { return result_; }
  const step_result& result() const { return result_; }

  /// The whole, when no request is under way any more. `end`: until when requests have counted.
  step_result finish(clock::time_point end);

private:
  void advance(clock::time_point now);
  void close_interval(clock::time_point end);

  step_result result_;
  clock::time_point counting_;
  clock::time_point last_answer_;   // that was a success
  clock::time_point last_end_{};
  clock::duration width_;
  clock::time_point interval_end_;
  interval current_;
  histogram current_latency_;
  std::map<std::pair<failure, int>, error_count> errors_;
};

}   // namespace cog::bench
