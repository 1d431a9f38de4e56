#include "pool/seconds_histogram.hpp"
#include "json/json_text.hpp"
#include <algorithm>

namespace cog {

void append_metric_head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
  out.append(name).append(" ").append(type).append("\n");
}

void seconds_histogram::add(double seconds) {
  ++count_;
  sum_ += seconds;
  const auto* bucket = std::lower_bound(bounds.begin(), bounds.end(), seconds);
  if (bucket != bounds.end())
    ++buckets_[bucket - bounds.begin()];
}

void seconds_histogram::append(std::string& out, std::string_view name, std::string_view label) const {
  auto begin = [&](std::string_view suffix, std::string_view more) {
    out.append(name).append(suffix);
    if (!label.empty() || !more.empty())
      out.append("{").append(label).append(label.empty() || more.empty() ? "" : ",").append(more).append("}");
    out += ' ';
  };
  uint64_t below = 0;
  for (size_t i = 0; i < bounds.size(); ++i) {
    below += buckets_[i];
    std::string bound = "le=\"";
    append_float(bound, bounds[i]);
    begin("_bucket", bound + '"');
    out += std::to_string(below) + '\n';
  }
  begin("_bucket", "le=\"+Inf\"");
  out += std::to_string(count_) + '\n';
  begin("_sum", {});
  append_float(out, sum_);
  out += '\n';
  begin("_count", {});
  out += std::to_string(count_) + '\n';
}

}   // namespace cog
