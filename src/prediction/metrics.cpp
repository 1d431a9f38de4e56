#include "prediction/metrics.hpp"
#include "json/json_tree.hpp"
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace cog {

namespace {

std::optional<int64_t> as_integer(std::string_view json) {
  int64_t value = 0;
  auto [stop, ec] = std::from_chars(json.data(), json.data() + json.size(), value);
  if (ec != std::errc{} || stop != json.data() + json.size())
    return std::nullopt;
  return value;
}

bool is_number(std::string_view json) {
  return json.front() == '-' || (json.front() >= '0' && json.front() <= '9');
}

std::string sum(std::string_view left, std::string_view right) {
  auto a = as_integer(left), b = as_integer(right);
  if (a && b)
    return std::to_string(static_cast<int64_t>(static_cast<uint64_t>(*a) + static_cast<uint64_t>(*b)));
  auto total = static_cast<double>(number_value(left)) + static_cast<double>(number_value(right));
  std::string text;
  if (std::isfinite(total))
    append_float(text, total);
  else
    text = "null";
  return text;
}

}   // namespace

void metric_set::apply(uint8_t mode, std::string_view name, std::string_view value_json) {
  json_error error;
  auto value = parse_json(value_json, error);
  if (!value || mode > static_cast<uint8_t>(metric_mode::append))
    return;
  auto wanted = static_cast<metric_mode>(mode);
  auto removes = wanted == metric_mode::replace && value->is(json_kind::null);
  if (wanted == metric_mode::increment && !value->is(json_kind::number))
    return;
  auto parent = parent_of(name, !removes);
  if (!parent)
    return;
  auto known = parent->find(name);
  if (removes) {
    if (known != parent->end())
      parent->erase(known);
    return;
  }
  if (wanted == metric_mode::increment) {
    if (known == parent->end())
      known = parent->emplace(name, metric{"0", {}}).first;
    increment(known->second, value->raw);
  } else if (wanted == metric_mode::append) {
    if (known == parent->end())
      known = parent->emplace(name, metric{"[]", {}}).first;
    append(known->second, *value);
  } else {
    parent->insert_or_assign(std::string{name}, make_metric(*value));
  }
}

std::string metric_set::members() const {
  std::string out;
  append_members(out, metrics_);
  return out;
}

/// Finds the object that holds a name and cuts the name to its last segment. Whatever is no object on the way is
/// replaced by one if `create` is set; else null is returned.
metric_set::metric_map* metric_set::parent_of(std::string_view& name, bool create) {
  auto parent = &metrics_;
  for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
    auto segment = name.substr(0, dot);
    name.remove_prefix(dot + 1);
    auto child = parent->find(segment);
    if (child == parent->end() && create)
      child = parent->emplace(segment, metric{}).first;
    if (child == parent->end() || (!child->second.json.empty() && !create))
      return nullptr;
    child->second.json.clear();
    parent = &child->second.members;
  }
  return parent;
}

metric_set::metric metric_set::make_metric(const json_value& value) {
  metric result;
  if (value.is(json_kind::object)) {
    for (auto& [key, member] : value.members)
      result.members.emplace(key, make_metric(member));
  } else {
    append_json(result.json, value, number_style::by_value);
  }
  return result;
}

void metric_set::increment(metric& metric, std::string_view amount) {
  if (!metric.json.empty() && is_number(metric.json))
    metric.json = sum(metric.json, amount);
}

void metric_set::append(metric& metric, const json_value& value) {
  std::string item;
  append_json(item, value, number_style::by_value);
  if (!metric.json.starts_with('[')) {
    std::string old;
    append_metric(old, metric);
    metric = {"[" + old + "]", {}};
  }
  metric.json.pop_back();
  if (metric.json.size() > 1)
    metric.json += ',';
  metric.json += item + "]";
}

void metric_set::append_members(std::string& out, const metric_map& metrics) {
  auto separator = "";
  for (auto& [key, metric] : metrics) {
    out += std::exchange(separator, ",");
    append_json_string(out, key);
    out += ':';
    append_metric(out, metric);
  }
}

void metric_set::append_metric(std::string& out, const metric& metric) {
  if (!metric.json.empty()) {
    out += metric.json;
    return;
  }
  out += '{';
  append_members(out, metric.members);
  out += '}';
}

}   // namespace cog
