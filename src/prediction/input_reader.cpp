#include "prediction/input_reader.hpp"
#include <algorithm>

namespace cog {

namespace od = simdjson::ondemand;

namespace {

const std::string nowhere;

bool accepts(const input_schema& schema, const schema_node& node, const json_token& token) {
  return schema.validate(node, json_value{token, {}, {}}, nowhere, nullptr);
}

/// Is the value's kind all that this schema asks about? Said of arrays and objects.
bool type_decides(const schema_node& node) {
  return node.simple() && !node.items && !node.min_items && !node.max_items;
}

std::string_view first_segment(std::string_view field) {
  return field.substr(0, field.find('/'));
}

bool is_at_or_in(std::string_view pointer, std::string_view place) {
  return pointer.starts_with(place) && (pointer.size() == place.size() || pointer[place.size()] == '/');
}

std::vector<const schema_node*>& reused_list() {
  thread_local std::vector<const schema_node*> list;
  list.clear();
  return list;
}

} // namespace

input_reader::input_reader(prediction_request& request, const input_schema& schema)
  : request_{request}, schema_{schema}, seen_{reused_list()} {}

bool input_reader::read(od::value& value, json_token& token, int depth) {
  if (token.kind != json_kind::object) {
    if (!read_value(value, token, depth))
      return false;
    json_error error;
    schema_.validate(schema_.root(), *parse_json(token.raw, error), "__root__", &request_.errors);
    return true;
  }
  auto sound = read_members(value, [&](std::string_view name, od::value& member, const char*) {
    return read_member(name, member, depth + 1);
  });
  if (!sound || !close_value(value, token))
    return false;
  finish();
  return true;
}

void input_reader::finish() {
  auto& errors = request_.errors;
  std::stable_sort(errors.begin(), errors.end(),
                   [](auto& left, auto& right) { return first_segment(left.field) < first_segment(right.field); });
  for (auto& name : schema_.root().required)
    if (!is_present(name))
      errors.push_back({name, "Field required", "value_error.missing"});
  auto& files = request_.files;
  std::sort(files.begin(), files.end(), [](auto& left, auto& right) { return left.at.offset < right.at.offset; });
  auto same_place = [](auto& left, auto& right) { return left.at.offset == right.at.offset; };
  files.erase(std::unique(files.begin(), files.end(), same_place), files.end());
}

bool input_reader::read_member(std::string_view name, od::value& value, int depth) {
  json_token token;
  if (!peek_value(value, token))
    return false;
  auto node = schema_.property(name);
  if (!node) {
    auto& unknown = request_.unknown_keys;
    if (std::find(unknown.begin(), unknown.end(), name) == unknown.end())
      unknown.emplace_back(name);
    return read_value(value, token, depth);
  }
  if (std::find(seen_.begin(), seen_.end(), node) != seen_.end())
    forget(name);
  else
    seen_.push_back(node);
  auto accepted = false;
  if (token.kind == json_kind::array && node->simple() && node->items) {
    if (!read_array(*node, value, token, depth, accepted))
      return false;
  } else {
    if (!read_value(value, token, depth))
      return false;
    accepted = (!is_container(token.kind) || type_decides(*node)) && accepts(schema_, *node, token);
  }
  judge(*node, token, accepted, name);
  return true;
}

bool input_reader::read_array(const schema_node& node, od::value& value, json_token& token, int depth,
                              bool& accepted) {
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

void input_reader::judge(const schema_node& node, const json_token& token, bool accepted, std::string_view name) {
  if (accepted && !node.has_files)
    return;
  auto pointer = pointer_to({}, name);
  json_error error;
  auto value = is_container(token.kind) ? *parse_json(token.raw, error) : json_value{token, {}, {}};
  if (accepted || schema_.validate(node, value, pointer.substr(1), &request_.errors))
    schema_.find_files(node, value, pointer, request_.body, request_.files);
}

/// The last one of repeated keys counts.
void input_reader::forget(std::string_view name) {
  auto pointer = pointer_to({}, name);
  std::erase_if(request_.errors, [&](auto& error) { return is_at_or_in("/" + error.field, pointer); });
  std::erase_if(request_.files, [&](auto& file) { return is_at_or_in(file.pointer, pointer); });
}

bool input_reader::is_present(const std::string& name) const {
  auto node = schema_.property(name);
  return std::find(seen_.begin(), seen_.end(), node) != seen_.end();
}

} // namespace cog
