#include "bench/recorder.hpp"
#include <algorithm>

namespace cog::bench {

namespace {

constexpr double intervals_wanted = 60;
constexpr double shortest_interval = 0.1;   // seconds
constexpr double usual_interval = 0.5;      // where nobody knows how long it takes
constexpr size_t longest_text = 300;        // bytes of an error

double interval_width(const load_settings& settings) {
  return settings.seconds ? std::max(*settings.seconds / intervals_wanted, shortest_interval) : usual_interval;
}

}   // namespace

std::string name_of(const outcome& what) {
  switch (what.kind) {
    case failure::none:
      return "none";
    case failure::http_status:
      return "HTTP " + std::to_string(what.status);
    case failure::failed_prediction:
      return "failed prediction";
    case failure::wrong_answer:
      return "wrong answer";
    case failure::refused:
      return "connection refused";
    case failure::unreachable:
      return "no connection";
    case failure::reset:
      return "connection reset";
    case failure::closed:
      return "connection closed";
    case failure::timeout:
      return "timeout";
    case failure::lost_webhook:
      return "lost webhook";
    case failure::unanswered:
      return "unanswered";
  }
  return {};
}

recorder::recorder(const load_settings& settings, const load_step& step)
  : width_{to_duration(interval_width(settings))} {
  result_.step = step;
}

void recorder::begin(clock::time_point counting, double begins) {
  counting_ = last_answer_ = counting;
  interval_end_ = counting + width_;
  result_.begins = begins;
}

void recorder::succeeded(clock::time_point due, clock::time_point now) {
  advance(now);
  auto latency = nanoseconds_between(due, now);
  result_.latency.record(latency);
  current_latency_.record(latency);
  ++result_.ok;
  ++current_.ok;
  last_answer_ = now;
}

void recorder::failed(const outcome& what, clock::time_point now, uint64_t count) {
  advance(now);
  current_.errors += count;
  result_.failed += count;
  auto& known = errors_[{what.kind, what.kind == failure::http_status ? what.status : 0}];
  if (known.count == 0) {
    known.kind = name_of(what);
    known.first = what.text.substr(0, longest_text);
  }
  known.count += count;
}

void recorder::advance(clock::time_point now) {
  last_end_ = std::max(last_end_, now);
  for (; now >= interval_end_; interval_end_ += width_)
    close_interval(interval_end_);
}

void recorder::close_interval(clock::time_point end) {
  current_.at = to_seconds(end - counting_);
  current_.seconds = to_seconds(end - (interval_end_ - width_));
  if (current_latency_.count() > 0) {
    current_.p50 = current_latency_.percentile(50);
    current_.p99 = current_latency_.percentile(99);
    current_.max = current_latency_.max();
    current_latency_.clear();
  }
  result_.intervals.push_back(current_);
  current_ = {};
}

step_result recorder::finish(clock::time_point end) {
  if (current_.ok + current_.errors > 0)
    close_interval(last_end_);
  result_.seconds = to_seconds(std::max(end, last_answer_) - counting_);
  for (auto& [key, count] : errors_)
    result_.errors.push_back(count);
  auto more = [](auto& left, auto& right) { return left.count > right.count; };
  std::stable_sort(result_.errors.begin(), result_.errors.end(), more);
  return std::move(result_);
}

}   // namespace cog::bench
