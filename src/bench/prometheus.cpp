#include "bench/prometheus.hpp"
#include <cmath>
#include <cstdlib>

namespace cog::bench {

namespace {

bool is_counter(std::string_view name) {
  auto bare = name.substr(0, name.find('{'));
  return bare.ends_with("_total") || bare.ends_with("_sum") || bare.ends_with("_count");
}

/// Where the name with its labels ends; labels may have spaces and escaped quotes in them.
size_t end_of_name(std::string_view line) {
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (quoted && line[i] == '\\')
      ++i;
    else if (line[i] == '"')
      quoted = !quoted;
    else if (!quoted && (line[i] == ' ' || line[i] == '\t'))
      return i;
  }
  return line.npos;
}

}   // namespace

samples read_samples(std::string_view text) {
  samples found;
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    auto end = line.starts_with('#') ? line.npos : end_of_name(line);
    if (end == line.npos)
      continue;
    std::string number{line.substr(end + 1)};
    char* rest = nullptr;
    auto value = std::strtod(number.c_str(), &rest);
    if (rest != number.c_str() && std::isfinite(value))
      found[std::string{line.substr(0, end)}] = value;
  }
  return found;
}

double sum_of(const samples& all, std::string_view name) {
  double sum = 0;
  for (auto at = all.lower_bound(name); at != all.end() && at->first.starts_with(name); ++at)
    if (at->first.size() == name.size() || at->first[name.size()] == '{')
      sum += at->second;
  return sum;
}

samples changed_counters(const samples& before, const samples& after) {
  samples changes;
  for (auto& [name, value] : after) {
    auto known = before.find(name);
    auto difference = value - (known == before.end() ? 0 : known->second);
    if (is_counter(name) && difference != 0)
      changes[name] = difference;
  }
  return changes;
}

}   // namespace cog::bench
