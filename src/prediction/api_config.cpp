#include "prediction/api_config.hpp"
#include "json/json_tree.hpp"
#include <algorithm>
#include <optional>
#include <utility>

namespace cog {

namespace {

template <size_t N>
std::optional<size_t> place_in(const std::array<std::string_view, N>& words, std::string_view word) {
  auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end())
    return {};
  return static_cast<size_t>(found - words.begin());
}

template <class Words>
std::string listed(const Words& words) {
  std::string all;
  for (auto& word : words)
    all.append(all.empty() ? "" : ", ").append(word);
  return all;
}

class config_reader {
public:
  config_reader(api_config& config, std::vector<api_problem>& problems) : config_{config}, problems_{problems} {
    // nop
  }

  void read(const json_value& block) {
    if (!block.is(json_kind::object))
      return complain({}, "must be a mapping");
    for (auto& [key, value] : block.members)
      read_member(key, value);
  }

private:
  void read_member(const std::string& key, const json_value& value) {
    if (value.is(json_kind::null))
      return;
    if (key == "name")
      config_.name = text(key, value);
    else if (key == "output")
      config_.output = text(key, value);
    else if (key == "chat")
      read_chat(text(key, value));
    else if (key == "inputs")
      read_inputs(value);
    else if (key == "off")
      read_off(value);
    else
      complain(key, "is none of name, inputs, output, chat, off");
  }

  void read_chat(const std::string& word) {
    if (auto found = place_in(chat_styles, word))
      config_.chat = static_cast<chat_style>(*found);
    else
      complain("chat", "must be one of " + listed(chat_styles));
  }

  void read_inputs(const json_value& value) {
    if (!value.is(json_kind::object))
      return complain("inputs", "must be a mapping of roles to inputs");
    for (auto& [role, input] : value.members) {
      auto place = "inputs." + role;
      auto found = place_in(role_names, role);
      if (!found) {
        complain(place, "is no role; roles are " + listed(role_names));
        continue;
      }
      auto names = texts(place, input);
      size_t most = role == role_names[static_cast<size_t>(input_role::size)] ? 2 : 1;
      if (names.empty() || names.size() > most)
        complain(place, most == 2 ? "must name one input, or two for width and height" : "must name one input");
      config_.inputs[*found] = std::move(names);
    }
  }

  void read_off(const json_value& value) {
    config_.off = texts("off", value);
    for (auto& word : config_.off)
      if (!place_in(dialect_names, word))
        complain("off", "`" + word + "` is none of " + listed(dialect_names));
  }

  std::string text(const std::string& place, const json_value& value) {
    std::string scratch;
    if (!value.is(json_kind::string))
      complain(place, "must be a text");
    return value.is(json_kind::string) ? std::string{string_content(value, scratch)} : std::string{};
  }

  std::vector<std::string> texts(const std::string& place, const json_value& value) {
    std::vector<std::string> all;
    if (!value.is(json_kind::array))
      return {text(place, value)};
    all.reserve(value.items.size());
    for (auto& item : value.items)
      all.push_back(text(place, item));
    return all;
  }

  void complain(std::string place, std::string what) { problems_.push_back({std::move(place), std::move(what)}); }

  api_config& config_;
  std::vector<api_problem>& problems_;
};

}   // namespace

bool api_config::serves(std::string_view dialect) const {
  return std::find(off.begin(), off.end(), dialect) == off.end();
}

api_config read_api_config(std::string_view json, std::vector<api_problem>& problems) {
  api_config config;
  json_error error;
  if (auto block = parse_json(json, error))
    config_reader{config, problems}.read(*block);
  else
    problems.push_back({{}, error});
  return config;
}

const api_config& api_or_default(const std::shared_ptr<const api_config>& api) {
  static const api_config none;
  return api ? *api : none;
}

}   // namespace cog
