#include "prediction/input_schema.hpp"
#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace cog {

namespace {

/// Collects what is wrong, or only that something is.
class verdict {
public:
  verdict(const std::string& field, std::vector<input_error>* errors) : field_{field}, errors_{errors} {}

  template <class Message>
  void refuse(Message message) {
    valid_ = false;
    if (errors_ && errors_->size() < max_errors)
      errors_->push_back({field_, message(), "value_error"});
  }

  void refuse_unless(bool valid) { valid_ &= valid; }

  bool valid() const { return valid_; }

private:
  const std::string& field_;
  std::vector<input_error>* errors_;
  bool valid_ = true;
};

std::string shown(const schema_node& node, const json_value& value) {
  if (node.secret)
    return std::string{secret_mask};
  std::string out;
  append_json(out, value, number_style::by_value);
  return out;
}

std::string counted(uint64_t limit, std::string_view noun) {
  return " " + std::to_string(limit) + " " + std::string{noun} + (limit == 1 ? "" : "s");
}

uint64_t code_points(std::string_view utf8) {
  return static_cast<uint64_t>(
    std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; }));
}

void check_choices(const schema_node& node, const json_value& value, verdict& result) {
  auto listed = [&](const json_value& choice) { return same_value(choice, value); };
  if (!node.has_choices || std::any_of(node.choices.begin(), node.choices.end(), listed))
    return;
  result.refuse([&] {
    auto listing = node.choices_message.starts_with(' ');
    return listing ? shown(node, value) + node.choices_message : node.choices_message;
  });
}

/// 0.3 counts as a multiple of 0.1, although their binary forms do not.
bool is_multiple(long double number, long double unit) {
  if (number == std::floor(number) && unit == std::floor(unit))
    return std::fmod(number, unit) == 0;
  auto times = number / unit;
  return std::abs(times - std::round(times)) <= 1e-12L * std::max(1.0L, std::abs(times));
}

void check_number(const schema_node& node, const json_value& value, verdict& result) {
  if (!node.minimum && !node.maximum && !node.exclusive_minimum && !node.exclusive_maximum && !node.multiple_of)
    return;
  auto number = number_value(value.raw);
  auto refuse = [&](const char* how, const schema_node::bound& limit) {
    result.refuse([&] { return shown(node, value) + how + limit.text; });
  };
  if (node.exclusive_maximum && number >= node.exclusive_maximum->value)
    refuse(" is greater than or equal to the maximum of ", *node.exclusive_maximum);
  if (node.exclusive_minimum && number <= node.exclusive_minimum->value)
    refuse(" is less than or equal to the minimum of ", *node.exclusive_minimum);
  if (node.maximum && number > node.maximum->value)
    refuse(" is greater than the maximum of ", *node.maximum);
  if (node.minimum && number < node.minimum->value)
    refuse(" is less than the minimum of ", *node.minimum);
  if (node.multiple_of && !is_multiple(number, node.multiple_of->value))
    refuse(" is not a multiple of ", *node.multiple_of);
}

void check_string(const schema_node& node, const json_value& value, verdict& result) {
  if (!node.max_length && !node.min_length && !node.regex)
    return;
  std::string scratch;
  auto content = string_content(value, scratch);
  auto length = node.max_length || node.min_length ? code_points(content) : 0;
  if (node.max_length && length > *node.max_length)
    result.refuse([&] { return shown(node, value) + " is longer than" + counted(*node.max_length, "character"); });
  if (node.min_length && length < *node.min_length)
    result.refuse([&] { return shown(node, value) + " is shorter than" + counted(*node.min_length, "character"); });
  if (node.regex && !node.regex->matches(content))
    result.refuse([&] { return shown(node, value) + " does not match \"" + node.regex->text() + '"'; });
}

void check_size(const schema_node& node, const json_value& value, verdict& result) {
  auto size = value.items.size();
  if (node.max_items && size > *node.max_items)
    result.refuse([&] { return shown(node, value) + " has more than" + counted(*node.max_items, "item"); });
  if (node.min_items && size < *node.min_items)
    result.refuse([&] { return shown(node, value) + " has less than" + counted(*node.min_items, "item"); });
}

bool has_double(const json_value& array) {
  std::unordered_set<std::string> seen;
  return std::any_of(array.items.begin(), array.items.end(), [&](auto& item) {
    std::string text;
    append_json(text, item, number_style::comparable);
    return !seen.insert(std::move(text)).second;
  });
}

std::string unexpected_keys(const std::vector<std::string>& names) {
  auto message = std::string{"Additional properties are not allowed ("};
  for (auto& name : names)
    message += (&name == &names.front() ? "'" : ", '") + name + "'";
  return message + (names.size() == 1 ? " was unexpected)" : " were unexpected)");
}

}   // namespace

bool schema_node::takes_type_of(const json_value& value) const {
  if (!allows(value.kind))
    return false;
  if (!integer || !value.is(json_kind::number))
    return true;
  auto number = number_value(value.raw);
  return number == std::floor(number);
}

const std::pair<const std::string, size_t>* input_schema::property(std::string_view name) const {
  auto it = root().properties.find(name);
  return it == root().properties.end() ? nullptr : &*it;
}

bool input_schema::validate(const schema_node& node, const json_value& value, const std::string& field,
                            std::vector<input_error>* errors) const {
  if (node.nullable && value.is(json_kind::null))
    return true;
  verdict result{field, errors};
  if (value.is(json_kind::object))
    result.refuse_unless(validate_members(node, value, field, errors));
  for (auto index : node.all_of)
    result.refuse_unless(validate(nodes_[index], value, field, errors));
  auto fits = [&](size_t index) { return validate(nodes_[index], value, field, nullptr); };
  if (!node.any_of.empty() && std::none_of(node.any_of.begin(), node.any_of.end(), fits))
    result.refuse(
      [&] { return shown(node, value) + " is not valid under any of the schemas listed in the 'anyOf' keyword"; });
  check_choices(node, value, result);
  if (value.is(json_kind::number))
    check_number(node, value, result);
  if (value.is(json_kind::array)) {
    for (size_t i = 0; node.items && i < value.items.size(); ++i)
      result.refuse_unless(validate(nodes_[*node.items], value.items[i], pointer_to(field, std::to_string(i)), errors));
    check_size(node, value, result);
  }
  if (value.is(json_kind::string))
    check_string(node, value, result);
  if (value.is(json_kind::object))
    result.refuse_unless(validate_required(node, value, field, errors));
  if (!node.takes_type_of(value))
    result.refuse([&] { return shown(node, value) + " is not of " + node.type_names; });
  if (node.unique_items && value.is(json_kind::array) && has_double(value))
    result.refuse([&] { return shown(node, value) + " has non-unique elements"; });
  return result.valid();
}

bool input_schema::validate_members(const schema_node& node, const json_value& value, const std::string& field,
                                    std::vector<input_error>* errors) const {
  verdict result{field, errors};
  std::vector<std::string> unexpected;
  for (auto& [name, member] : value.members) {
    auto known = node.properties.find(name);
    auto child = known != node.properties.end() ? std::optional{known->second} : node.additional;
    if (child)
      result.refuse_unless(validate(nodes_[*child], member, pointer_to(field, name), errors));
    else if (node.closed)
      unexpected.push_back(name);
  }
  if (!unexpected.empty())
    result.refuse([&] { return unexpected_keys(unexpected); });
  return result.valid();
}

bool input_schema::validate_required(const schema_node& node, const json_value& value, const std::string& field,
                                     std::vector<input_error>* errors) const {
  auto valid = true;
  for (auto& name : node.required)
    if (!value.find(name)) {
      valid = false;
      if (errors && errors->size() < max_errors)
        errors->push_back({pointer_to(field, name), "Field required", "value_error.missing"});
    }
  return valid;
}

void input_schema::find_files(const schema_node& node, const json_value& value, const std::string& pointer,
                              std::string_view text, std::vector<file_value>& files) const {
  if (!node.has_files)
    return;
  std::string scratch;
  auto at = byte_range{static_cast<size_t>(value.raw.data() - text.data()), value.raw.size()};
  auto known = [&] { return !files.empty() && files.back().at.offset == at.offset; };
  if (node.file && value.is(json_kind::string) && is_file_url(string_content(value, scratch)) && !known())
    files.push_back({pointer, at});
  for (auto index : node.all_of)
    find_files(nodes_[index], value, pointer, text, files);
  for (auto index : node.any_of)
    find_files(nodes_[index], value, pointer, text, files);
  for (size_t i = 0; node.items && i < value.items.size(); ++i)
    find_files(nodes_[*node.items], value.items[i], pointer_to(pointer, std::to_string(i)), text, files);
  for (auto& [name, member] : value.members) {
    auto property = node.properties.find(name);
    auto child = property != node.properties.end() ? std::optional{property->second} : node.additional;
    if (child)
      find_files(nodes_[*child], member, pointer_to(pointer, name), text, files);
  }
}

bool is_file_url(std::string_view content) {
  auto begins = [&](std::string_view prefix) {
    auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
    return content.size() >= prefix.size() &&
      std::equal(prefix.begin(), prefix.end(), content.begin(), [&](char b, char a) { return same(a, b); });
  };
  return begins("data:") || begins("https://") || begins("http://");
}

std::string pointer_to(std::string_view path, std::string_view key) {
  auto pointer = std::string{path} + "/";
  for (auto c : key)
    c == '~' ? pointer += "~0" : c == '/' ? pointer += "~1" : pointer += c;
  return pointer;
}

}   // namespace cog
