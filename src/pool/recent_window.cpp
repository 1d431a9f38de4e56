#include "pool/recent_window.hpp"
#include <algorithm>

namespace cog {

namespace {

int64_t number_of(recent_window::clock::time_point moment, std::chrono::seconds step_time) {
  return std::chrono::floor<std::chrono::seconds>(moment.time_since_epoch()) / step_time;
}

double seconds_between(recent_window::clock::time_point from, recent_window::clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}   // namespace

recent_window::step& recent_window::step_at(clock::time_point moment) {
  auto number = number_of(moment, step_time);
  auto& found = steps_[static_cast<size_t>(number) % most_steps];
  if (found.number != number) {
    found = {};
    found.number = number;
  }
  return found;
}

void recent_window::count_end(const prediction_snapshot& ended) {
  if (!is_terminal(ended.status))
    return;
  auto& now = step_at(ended.completed);
  ++now.ended[static_cast<size_t>(ended.status) - static_cast<size_t>(prediction_status::succeeded)];
  if (ended.started == clock::time_point{})
    return;   // it has only waited
  now.run_times.add(ended.predict_time);
  now.wait_times.add(seconds_between(ended.created, ended.started));
}

template <class Take>
void recent_window::each_since(int64_t first, clock::time_point now, const Take& take) const {
  auto last = number_of(now, step_time);
  for (auto& step : steps_)
    if (step.number >= first && step.number <= last)
      take(step);
}

recent_window::rates recent_window::rates_over(std::chrono::seconds time, clock::time_point now) const {
  auto first = number_of(now, step_time) - std::min<int64_t>(time / step_time, most_steps) + 1;
  auto begin = std::max(start_, clock::time_point{first * step_time});
  auto seconds = std::max(1.0, seconds_between(begin, now));
  rates found;
  each_since(first, now, [&](const step& one) {
    found.succeeded += static_cast<double>(one.ended[0]) / seconds;
    found.failed += static_cast<double>(one.ended[1]) / seconds;
    found.canceled += static_cast<double>(one.ended[2]) / seconds;
    found.refused += static_cast<double>(one.refused) / seconds;
  });
  return found;
}

duration_histogram recent_window::run_times(clock::time_point now) const {
  duration_histogram all;
  each_since(number_of(now, step_time) - static_cast<int64_t>(most_steps) + 1, now,
             [&](const step& one) { all.add(one.run_times); });
  return all;
}

duration_histogram recent_window::wait_times(clock::time_point now) const {
  duration_histogram all;
  each_since(number_of(now, step_time) - static_cast<int64_t>(most_steps) + 1, now,
             [&](const step& one) { all.add(one.wait_times); });
  return all;
}

}   // namespace cog
