#include "pool/queue_metrics.hpp"
#include "json/json_text.hpp"

namespace cog {

namespace {

constexpr std::array<std::string_view, 5> reasons{"full", "key", "forecast", "expired", "queue_time"};
constexpr std::array<std::string_view, 2> classes{"normal", "low"};

void append_value(std::string& out, std::string_view series, double value) {
  out.append(series).append(" ");
  append_float(out, value);
  out += '\n';
}

void append_count(std::string& out, std::string_view series, uint64_t value) {
  out.append(series).append(" ").append(std::to_string(value)).append("\n");
}

std::string label(std::string_view name, std::string_view value) {
  return "{" + std::string{name} + "=\"" + std::string{value} + "\"}";
}

}   // namespace

std::string queue_metrics::text(const waiting_queue& queue, const service_times& times) const {
  std::string out;
  append_metric_head(out, "cog_queue_seconds", "histogram", "Time in the queue of predictions that began after it.");
  for (size_t which = 0; which < classes.size(); ++which)
    waits_[which].append(out, "cog_queue_seconds", "class=\"" + std::string{classes[which]} + "\"");
  append_metric_head(out, "cog_queue_length", "gauge", "Predictions in the queue, by class.");
  for (size_t which = 0; which < classes.size(); ++which)
    append_count(out, "cog_queue_length" + label("class", classes[which]), queue.count(which == 1));
  append_metric_head(out, "cog_shed_total", "counter", "Predictions that got no place in the queue, or left it.");
  for (size_t which = 0; which < reasons.size(); ++which)
    append_count(out, "cog_shed_total" + label("why", reasons[which]), shed_[which]);
  append_metric_head(out, "cog_service_seconds", "gauge", "Time in a slot of the last 100 predictions.");
  append_value(out, "cog_service_seconds" + label("q", "mean"), times.mean());
  append_value(out, "cog_service_seconds" + label("q", "0.5"), times.median());
  append_value(out, "cog_service_seconds" + label("q", "0.9"), times.upper());
  return out;
}

}   // namespace cog
