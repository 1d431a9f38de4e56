#include "http/dialects/stop_filter.hpp"
#include <algorithm>
#include <utility>

namespace cog {

namespace {

/// How much of the end of `text` may be the beginning of `stop`.
size_t overlap(std::string_view text, std::string_view stop) {
  for (auto length = std::min(text.size(), stop.size() - 1); length > 0; --length)
    if (text.ends_with(stop.substr(0, length)))
      return length;
  return 0;
}

}   // namespace

stop_filter::stop_filter(std::vector<std::string> stops) : stops_{std::move(stops)} {
  std::erase(stops_, std::string{});
}

std::string stop_filter::add(std::string_view piece) {
  if (stopped_)
    return {};
  held_ += piece;
  auto found = std::string::npos;
  for (auto& stop : stops_)
    found = std::min(found, held_.find(stop));
  if (found != std::string::npos) {
    stopped_ = true;
    held_.resize(found);
    return std::exchange(held_, {});
  }
  size_t kept = 0;
  for (auto& stop : stops_)
    kept = std::max(kept, overlap(held_, stop));
  auto certain = held_.substr(0, held_.size() - kept);
  held_.erase(0, certain.size());
  return certain;
}

std::string stop_filter::finish() {
  return std::exchange(held_, {});
}

}   // namespace cog
