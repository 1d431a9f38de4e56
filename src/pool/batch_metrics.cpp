#include "pool/batch_metrics.hpp"
#include <bit>

namespace cog {

namespace {

constexpr std::array<std::string_view, 4> reasons{"full", "gap", "wait", "drain"};
constexpr std::array<std::string_view, 3> outcomes{"succeeded", "failed", "canceled"};

void append_count(std::string& out, std::string_view series, uint64_t value) {
  out.append(series).append(" ").append(std::to_string(value)).append("\n");
}

std::string series_of(std::string_view name, std::string_view label, std::string_view value) {
  return std::string{name}.append("{").append(label).append("=\"").append(value).append("\"}");
}

}   // namespace

void batch_metrics::count(uint64_t size, batch_close why, double held) {
  ++batches_;
  items_ += size;
  ++sizes_.at(std::bit_width(size - 1));
  ++closed_[static_cast<size_t>(why)];
  held_.add(held);
}

void batch_metrics::count_item(prediction_status how) {
  if (is_terminal(how))
    ++ended_[static_cast<size_t>(how) - static_cast<size_t>(prediction_status::succeeded)];
}

std::string batch_metrics::text() const {
  std::string out;
  append_metric_head(out, "cog_batch_size", "histogram", "Predictions that went together.");
  uint64_t below = 0;
  for (size_t i = 0; i < sizes_.size(); ++i) {
    below += sizes_[i];
    append_count(out, series_of("cog_batch_size_bucket", "le", std::to_string(uint64_t{1} << i)), below);
  }
  append_count(out, series_of("cog_batch_size_bucket", "le", "+Inf"), batches_);
  append_count(out, "cog_batch_size_sum", items_);
  append_count(out, "cog_batch_size_count", batches_);
  append_metric_head(out, "cog_batches_total", "counter", "Batches, by why they were closed.");
  for (size_t i = 0; i < reasons.size(); ++i)
    append_count(out, series_of("cog_batches_total", "closed", reasons[i]), closed_[i]);
  append_metric_head(out, "cog_batch_held_seconds", "histogram", "Time an idle worker has waited for more of a batch.");
  held_.append(out, "cog_batch_held_seconds");
  append_metric_head(out, "cog_batch_items_total", "counter", "Predictions of batches that have ended.");
  for (size_t i = 0; i < outcomes.size(); ++i)
    append_count(out, series_of("cog_batch_items_total", "outcome", outcomes[i]), ended_[i]);
  return out;
}

}   // namespace cog
