#include "prediction/input_reader.hpp"
#include <algorithm>
#include <iterator>

namespace cog {

namespace od = simdjson::ondemand;

namespace {

const std::string nowhere;

constexpr size_t max_unknown_keys = 32;
constexpr size_t longest_unknown_key = 64;   // bytes that are kept of a name

bool accepts(const input_schema& schema, const schema_node& node, const json_token& token) {
  return schema.validate(node, json_value{token, {}, {}}, nowhere, nullptr);
}

/// Is the value's kind all that this schema asks about? Said of arrays and objects.
bool type_decides(const schema_node& node) {
  return node.simple() && !node.items && !node.min_items && !node.max_items;
}

}   // namespace

input_reader::input_reader(prediction_request& request, const input_schema& schema)
  : request_{request}, schema_{schema}, given_{reused_list()} {}

std::vector<input_reader::given_input>& input_reader::reused_list() {
  thread_local std::vector<given_input> list;
  list.clear();
  return list;
}

bool input_reader::read(od::value& value, json_token& token, int depth) {
  if (token.kind != json_kind::object) {
    if (!read_value(value, token, depth))
      return false;
    json_error error;
    schema_.validate(schema_.root(), *parse_json(token.raw, error), "__root__", &request_.errors);
    return true;
  }
  auto sound = read_members(
    value, [&](std::string_view name, od::value& member, const char*) { return read_member(name, member, depth + 1); });
  if (!sound || !close_value(value, token))
    return false;
  finish();
  return true;
}

void input_reader::finish() {
  std::sort(given_.begin(), given_.end(), [](auto& left, auto& right) { return *left.name < *right.name; });
  auto& errors = request_.errors;
  auto& files = request_.files;
  for (auto& input : given_) {
    std::move(input.errors.begin(), input.errors.end(), std::back_inserter(errors));
    std::move(input.files.begin(), input.files.end(), std::back_inserter(files));
  }
  for (auto& name : schema_.root().required)
    if (std::none_of(given_.begin(), given_.end(), [&](auto& input) { return *input.name == name; }))
      errors.push_back({name, "Field required", "value_error.missing"});
  std::sort(files.begin(), files.end(), [](auto& left, auto& right) { return left.at.offset < right.at.offset; });
  auto same_place = [](auto& left, auto& right) { return left.at.offset == right.at.offset; };
  files.erase(std::unique(files.begin(), files.end(), same_place), files.end());
}

bool input_reader::read_member(std::string_view name, od::value& value, int depth) {
  json_token token;
  if (!peek_value(value, token))
    return false;
  auto property = schema_.property(name);
  if (!property) {
    note_unknown(name);
    return read_value(value, token, depth);
  }
  auto& [known_name, index] = *property;
  auto& node = schema_.node(index);
  auto accepted = false;
  if (token.kind == json_kind::array && node.simple() && node.items) {
    if (!read_array(node, value, token, depth, accepted))
      return false;
  } else {
    if (!read_value(value, token, depth))
      return false;
    accepted = (!is_container(token.kind) || type_decides(node)) && accepts(schema_, node, token);
  }
  judge(node, token, accepted, entry_of(known_name));
  return true;
}

bool input_reader::read_array(const schema_node& node, od::value& value, json_token& token, int depth, bool& accepted) {
  auto& items = schema_.node(*node.items);
  size_t count = 0;
  accepted = node.allows(json_kind::array);
  auto sound = read_items(value, [&](od::value& item) {
    json_token inside;
    if (!peek_value(item, inside) || !read_value(item, inside, depth + 1))
      return false;
    accepted = accepted && !is_container(inside.kind) && accepts(schema_, items, inside);
    ++count;
    return true;
  });
  accepted = accepted && count >= node.min_items.value_or(0) && count <= node.max_items.value_or(count);
  return sound && close_value(value, token);
}

void input_reader::note_unknown(std::string_view name) {
  auto& unknown = request_.unknown_keys;
  if (name.size() > longest_unknown_key) {
    auto length = longest_unknown_key;
    while (length > 0 && (name[length] & 0xC0) == 0x80)   // no character is cut in two
      --length;
    name = name.substr(0, length);
  }
  if (unknown.size() < max_unknown_keys && std::find(unknown.begin(), unknown.end(), name) == unknown.end())
    unknown.emplace_back(name);
}

/// Of repeated keys the last one counts, so nothing is left of an earlier value.
input_reader::given_input& input_reader::entry_of(const std::string& name) {
  auto known = std::find_if(given_.begin(), given_.end(), [&](auto& input) { return input.name == &name; });
  if (known == given_.end())
    return given_.emplace_back(given_input{&name, {}, {}});
  *known = {&name, {}, {}};
  return *known;
}

void input_reader::judge(const schema_node& node, const json_token& token, bool accepted, given_input& input) {
  if (accepted && !node.has_files)
    return;
  auto pointer = pointer_to({}, *input.name);
  json_error error;
  auto value = is_container(token.kind) ? *parse_json(token.raw, error) : json_value{token, {}, {}};
  if (accepted || schema_.validate(node, value, pointer.substr(1), &input.errors))
    schema_.find_files(node, value, pointer, request_.body, input.files);
}

}   // namespace cog
