#pragma once
#include "cli/config/cog_yaml.hpp"
#include <functional>
#include <initializer_list>
#include <yaml-cpp/yaml.h>

namespace cog {

/// Walks cog.yaml: takes values of the right kind, remembers where each field stands, collects every problem.
class yaml_reader {
public:
  explicit yaml_reader(project_config& config, std::vector<std::string>& warnings);

  /// `cog.yaml:3:5: invalid build.cuda "x": message`; without the value when it is empty.
  void invalid(std::string_view field, std::string_view value, const std::string& message);
  /// `cog.yaml:3:5: schema error in "build.gpu": message`
  void schema_error(std::string_view field, const std::string& message);
  void deprecated(std::string_view field, std::string_view replacement);
  /// Any other line, for the place of the field.
  void problem(std::string_view field, const std::string& text);

  bool failed() const { return !problems_.empty(); }
  /// All problems, a line each.
  std::string text() const;

  /// Calls `take` for each entry of a mapping whose key is one of `known`. Null counts as left out. Warns of other
  /// keys, refuses a key that comes twice.
  using take_entry = std::function<void(const std::string& key, const std::string& field, const YAML::Node& value)>;
  void mapping(const YAML::Node& node, const std::string& field, std::initializer_list<std::string_view> known,
               const take_entry& take);

  void text(const YAML::Node& node, const std::string& field, std::string& out);
  void boolean(const YAML::Node& node, const std::string& field, bool& out);
  void integer(const YAML::Node& node, const std::string& field, std::optional<int64_t>& out);
  void texts(const YAML::Node& node, const std::string& field, std::vector<std::string>& out);
  /// Calls `take` for each item, which has the field `field[i]`.
  using take_item = std::function<void(const std::string& field, const YAML::Node& item)>;
  void list(const YAML::Node& node, const std::string& field, const take_item& take);

private:
  project_config& config_;
  std::vector<std::string>& warnings_;
  std::vector<std::string> problems_;
};

}   // namespace cog
