#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace cog {

struct json_value;

enum class metric_mode : uint8_t { replace, increment, append };

/// The metrics a prediction has recorded, merged as http-api section 22 says.
class metric_set {
public:
  /// Records `value` (JSON) under a name whose dots make nested objects. Replacing by `null` deletes. What makes no
  /// sense (an unknown mode, no JSON, an increment by or of something that is no number) is ignored.
  void apply(uint8_t mode, std::string_view name, std::string_view value);

  /// The members of a JSON object, keys ascending, without the braces.
  std::string members() const;

  /// Whether there is one of this name, which has no dots.
  bool contains(std::string_view name) const { return metrics_.find(name) != metrics_.end(); }

  bool empty() const { return metrics_.empty(); }

private:
  struct metric;
  using metric_map = std::map<std::string, metric, std::less<>>;

  /// An object when `json` is empty, else the text of any other value.
  struct metric {
    std::string json;
    metric_map members;
  };

  static metric make_metric(const json_value& value);
  static void append_members(std::string& out, const metric_map& metrics);
  static void append_metric(std::string& out, const metric& metric);
  static void increment(metric& metric, std::string_view amount);
  static void append(metric& metric, const json_value& value);
  metric_map* parent_of(std::string_view& name, bool create);

  metric_map metrics_;
};

}   // namespace cog
