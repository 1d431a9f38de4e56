#include "cli/deploy/yaml_value.hpp"
#include <algorithm>
#include <array>
#include <cctype>
#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

namespace cog {

namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

/// Letters first, and none of the words that YAML 1.1 or 1.2 reads as a truth value or as nothing.
bool may_stand_plain(const std::string& text) {
  static constexpr std::array<std::string_view, 7> taken{"true", "false", "yes", "no", "on", "off", "null"};
  if (text.size() < 2 || (std::isalpha(static_cast<unsigned char>(text.front())) == 0 && text.front() != '/'))
    return false;
  if (!std::all_of(text.begin(), text.end(),
                   [](char c) { return is_word(c) || c == '-' || c == '.' || c == '/' || c == '_'; }))
    return false;
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::find(taken.begin(), taken.end(), lower) == taken.end();
}

}   // namespace

class yaml_writer {
public:
  std::string write(const yaml_value& value) {
    std::visit(*this, value.content_);
    return std::string{out_.c_str(), out_.size()} + "\n";
  }

  void operator()(const yaml_value::mapping& entries) {
    if (entries.empty())
      out_ << YAML::Flow;
    out_ << YAML::BeginMap;
    for (auto& [key, value] : entries) {
      out_ << YAML::Key;
      (*this)(key);
      out_ << YAML::Value;
      std::visit(*this, value.content_);
    }
    out_ << YAML::EndMap;
  }

  void operator()(const yaml_value::sequence& items) {
    out_ << YAML::BeginSeq;
    for (auto& item : items)
      std::visit(*this, item.content_);
    out_ << YAML::EndSeq;
  }

  void operator()(const yaml_value::plain& value) { out_ << value.text; }

  void operator()(const std::string& text) {
    if (!may_stand_plain(text))
      out_ << YAML::DoubleQuoted;
    out_ << text;
  }

private:
  YAML::Emitter out_;
};

yaml_value::yaml_value(bool value) : content_{plain{value ? "true" : "false"}} {
  // nop
}

yaml_value::yaml_value(int value) : content_{plain{std::to_string(value)}} {
  // nop
}

yaml_value::yaml_value(uint64_t value) : content_{plain{std::to_string(value)}} {
  // nop
}

yaml_value::yaml_value(const char* text) : content_{std::string{text}} {
  // nop
}

yaml_value::yaml_value(std::string text) : content_{std::move(text)} {
  // nop
}

yaml_value::yaml_value(std::initializer_list<entry> entries) : content_{mapping{entries}} {
  // nop
}

yaml_value yaml_value::list(std::vector<yaml_value> items) {
  yaml_value value;
  value.content_ = std::move(items);
  return value;
}

yaml_value yaml_value::texts(const std::vector<std::string>& items) {
  return list({items.begin(), items.end()});
}

yaml_value& yaml_value::operator[](const std::string& key) {
  auto& entries = std::get<mapping>(content_);
  auto found = std::find_if(entries.begin(), entries.end(), [&](auto& one) { return one.first == key; });
  if (found != entries.end())
    return found->second;
  return entries.emplace_back(key, yaml_value{}).second;
}

void yaml_value::merge(const yaml_value& other) {
  for (auto& [key, value] : std::get<mapping>(other.content_))
    (*this)[key] = value;
}

void yaml_value::add(yaml_value item) {
  if (std::holds_alternative<mapping>(content_))
    content_ = sequence{};
  std::get<sequence>(content_).push_back(std::move(item));
}

std::string yaml_value::text() const {
  return yaml_writer{}.write(*this);
}

}   // namespace cog
