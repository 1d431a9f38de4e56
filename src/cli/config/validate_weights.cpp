#include "cli/config/validate.hpp"
#include <algorithm>
#include <cctype>
#include <set>

namespace cog {

namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// Runs of lower-case letters and digits, one of `._-` between them.
bool is_weight_name(std::string_view name) {
  auto good = [&](size_t i) {
    return is_plain(name[i]) ||
      (i > 0 && i + 1 < name.size() && is_plain(name[i - 1]) && is_plain(name[i + 1]) &&
       (name[i] == '.' || name[i] == '_' || name[i] == '-'));
  };
  for (size_t i = 0; i < name.size(); ++i)
    if (!good(i))
      return false;
  return true;
}

bool holds(const std::string& outer, const std::string& inner) {
  return inner.starts_with(outer + "/");
}

void check_patterns(yaml_reader& reader, const std::string& field, const std::vector<std::string>& patterns) {
  for (size_t i = 0; i < patterns.size(); ++i) {
    auto where = field + "[" + std::to_string(i) + "]";
    if (patterns[i].empty())
      reader.invalid(where, "", "pattern must not be empty");
    else if (patterns[i].front() == '!')
      reader.invalid(where, patterns[i], "negation patterns (starting with '!') are not supported");
    else if (patterns[i].find('\\') != std::string::npos)
      reader.invalid(where, patterns[i], "patterns must use forward slashes, not backslashes");
  }
}

void check_target(yaml_reader& reader, const std::string& field, const std::string& target,
                  std::vector<std::string>& others) {
  auto overlaps = std::find_if(others.begin(), others.end(),
                               [&](auto& other) { return holds(other, target) || holds(target, other); });
  if (target.empty())
    reader.invalid(field, "", "target is required");
  else if (target.front() != '/')
    reader.invalid(field, target, "target must be an absolute path");
  else if (target.find_first_not_of('/') == std::string::npos)
    reader.invalid(field, target, "target must not be the container root \"/\"");
  else if (std::find(others.begin(), others.end(), target) != others.end())
    reader.invalid(field, target, "duplicate weight target");
  else if (overlaps != others.end())
    reader.invalid(field, target, "target overlaps with \"" + *overlaps + "\"; weight targets must be disjoint");
  others.push_back(target);
}

void check_name(yaml_reader& reader, const std::string& field, const std::string& name, std::set<std::string>& names) {
  if (name.empty())
    reader.invalid(field, "", "name is required");
  else if (!is_weight_name(name))
    reader.invalid(field, name,
                   "must contain only lowercase alphanumeric characters, hyphens, dots, or underscores, and begin and "
                   "end with a letter or digit");
  else if (!names.insert(name).second)
    reader.invalid(field, name, "duplicate weight name");
}

void check_sources(yaml_reader& reader, const std::string& field, const std::vector<weight_source>& sources) {
  if (sources.empty())
    reader.invalid(field, "", "source is required");
  for (size_t i = 0; i < sources.size(); ++i) {
    auto where = sources.size() == 1 ? field : field + "[" + std::to_string(i) + "]";
    if (sources[i].uri.empty())
      reader.invalid(where + ".uri", "", "uri is required");
    check_patterns(reader, where + ".include", sources[i].include);
    check_patterns(reader, where + ".exclude", sources[i].exclude);
  }
}

void check_model(yaml_reader& reader, const project_config& config) {
  auto& model = config.model;
  if (!model.empty() && !config.image.empty())
    reader.invalid("model", "", "'model' and 'image' cannot both be set");
  auto last = model.rfind('/');
  auto name = last == std::string::npos ? model : model.substr(last + 1);
  if (model.find('@') != std::string::npos || name.find(':') != std::string::npos)
    reader.invalid("model", model, "must be a bare repository — tags and digests are not allowed");
}

}   // namespace

void validate_weights(yaml_reader& reader, const project_config& config) {
  check_model(reader, config);
  std::set<std::string> names;
  std::vector<std::string> targets;
  for (size_t i = 0; i < config.weights.size(); ++i) {
    auto field = "weights[" + std::to_string(i) + "]";
    check_name(reader, field + ".name", config.weights[i].name, names);
    check_target(reader, field + ".target", config.weights[i].target, targets);
    check_sources(reader, field + ".source", config.weights[i].sources);
  }
  if (!config.weights.empty() && config.model.empty())
    reader.invalid("weights", "", "weights require 'model' to be set to the repository that holds them");
}

}   // namespace cog
