#include "cli/config/yaml_reader.hpp"
#include "cli/config/words.hpp"
#include <algorithm>
#include <charconv>
#include <set>

namespace cog {

namespace {

std::string kind_of(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Map:
      return "a mapping";
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Scalar:
      return "\"" + node.Scalar() + "\"";
    case YAML::NodeType::Null:
    case YAML::NodeType::Undefined:
      break;
  }
  return "nothing";
}

/// In quotes, or with a tag: text, whatever it looks like.
bool is_quoted(const YAML::Node& node) {
  return node.Tag() == "!";
}

}   // namespace

yaml_reader::yaml_reader(project_config& config, std::vector<std::string>& warnings)
  : config_{config}, warnings_{warnings} {
  // nop
}

void yaml_reader::problem(std::string_view field, const std::string& text) {
  problems_.push_back(config_.place(field) + text);
}

void yaml_reader::invalid(std::string_view field, std::string_view value, const std::string& message) {
  auto shown = value.empty() ? std::string{} : " \"" + std::string{value} + "\"";
  problem(field, "invalid " + std::string{field} + shown + ": " + message);
}

void yaml_reader::schema_error(std::string_view field, const std::string& message) {
  problem(field, "schema error in \"" + std::string{field} + "\": " + message);
}

void yaml_reader::deprecated(std::string_view field, std::string_view replacement) {
  warnings_.push_back("deprecated field \"" + std::string{field} + "\": use \"" + std::string{replacement} +
                      "\" instead");
}

std::string yaml_reader::text() const {
  std::string all;
  for (auto& line : problems_)
    all += (all.empty() ? "" : "\n") + line;
  return all;
}

void yaml_reader::mapping(const YAML::Node& node, const std::string& field,
                          std::initializer_list<std::string_view> known, const take_entry& take) {
  if (!node.IsMap()) {
    schema_error(field.empty() ? "(root)" : field, "must be a mapping, not " + kind_of(node));
    return;
  }
  std::set<std::string> seen;
  for (auto entry : node) {
    auto key = entry.first.IsScalar() ? entry.first.Scalar() : std::string{};
    auto name = field.empty() ? key : field + "." + key;
    auto mark = entry.first.Mark();
    if (!seen.insert(key).second) {
      config_.places[name] = {mark.line + 1, mark.column + 1};
      schema_error(name, "stands twice; remove one of them");
    } else if (std::find(known.begin(), known.end(), key) == known.end()) {
      auto near = nearest(key, known);
      config_.places[name] = {mark.line + 1, mark.column + 1};
      warnings_.push_back(config_.place(name) + "unknown key \"" + name + "\" is ignored" +
                          (near.empty() ? "" : "; did you mean \"" + std::string{near} + "\"?"));
    } else if (!entry.second.IsNull()) {
      mark = entry.second.Mark();
      config_.places[name] = {mark.line + 1, mark.column + 1};
      take(key, name, entry.second);
    }
  }
}

void yaml_reader::text(const YAML::Node& node, const std::string& field, std::string& out) {
  if (node.IsScalar())
    out = node.Scalar();
  else
    schema_error(field, "must be a string, not " + kind_of(node));
}

void yaml_reader::boolean(const YAML::Node& node, const std::string& field, bool& out) {
  if (!node.IsScalar() || is_quoted(node) || !YAML::convert<bool>::decode(node, out))
    schema_error(field, "must be true or false, not " + kind_of(node));
}

void yaml_reader::integer(const YAML::Node& node, const std::string& field, std::optional<int64_t>& out) {
  int64_t value = 0;
  auto text = node.IsScalar() ? node.Scalar() : std::string{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || is_quoted(node) || error != std::errc{} || end != text.data() + text.size())
    schema_error(field, "must be a whole number, not " + kind_of(node));
  else
    out = value;
}

void yaml_reader::list(const YAML::Node& node, const std::string& field, const take_item& take) {
  if (!node.IsSequence()) {
    schema_error(field, "must be a list, not " + kind_of(node));
    return;
  }
  for (size_t i = 0; i < node.size(); ++i) {
    auto name = field + "[" + std::to_string(i) + "]";
    auto mark = node[i].Mark();
    config_.places[name] = {mark.line + 1, mark.column + 1};
    take(name, node[i]);
  }
}

void yaml_reader::texts(const YAML::Node& node, const std::string& field, std::vector<std::string>& out) {
  list(node, field, [&](const std::string& name, const YAML::Node& item) {
    std::string value;
    text(item, name, value);
    out.push_back(std::move(value));
  });
}

}   // namespace cog
