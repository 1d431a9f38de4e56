#include "prediction/document_forms.hpp"
#include "prediction/raw_input_name.hpp"
#include "prediction/schema.hpp"
#include "json/json_tree.hpp"
#include <algorithm>
#include <array>

namespace cog {

namespace {

constexpr int deepest = 8;
constexpr std::string_view binary_content = R"({"schema":{"format":"binary","type":"string"}})";

std::string text_of(const json_value* value) {
  std::string scratch;
  return value != nullptr && value->is(json_kind::string) ? std::string{string_content(*value, scratch)}
                                                          : std::string{};
}

/// What a `$ref` means.
const json_value& resolved(const json_value& document, const json_value& schema) {
  auto place = text_of(schema.find("$ref"));
  auto* found = place.empty()
    ? nullptr
    : document.find_path({"components", "schemas", std::string_view{place}.substr(place.rfind('/') + 1)});
  return found != nullptr ? *found : schema;
}

bool may_be_file(const json_value& document, const json_value& given, int depth = 0) {
  auto& schema = resolved(document, given);
  auto type = text_of(schema.find("type"));
  if (depth > deepest)
    return true;
  if (type == "string")
    return text_of(schema.find("format")) == "uri";
  if (type == "array") {
    auto* items = schema.find("items");
    return items == nullptr || may_be_file(document, *items, depth + 1);
  }
  if (!type.empty())
    return false;
  bool has_choice = false;
  for (auto* key : {"allOf", "anyOf", "oneOf"})
    if (auto* all = schema.find(key)) {
      has_choice = true;
      for (auto& one : all->items)
        if (may_be_file(document, one, depth + 1))
          return true;
    }
  return !has_choice;
}

/// The member of that name, an empty object if it was missing.
json_value& member(json_value& object, const std::string& key) {
  auto& members = object.members;
  auto place = std::lower_bound(members.begin(), members.end(), key,
                                [](const json_member& one, const std::string& name) { return one.key < name; });
  if (place != members.end() && place->key == key)
    return place->value;
  json_value empty;
  empty.kind = json_kind::object;
  return members.insert(place, {key, std::move(empty)})->value;
}

json_value parsed(std::string_view json) {
  json_error impossible;
  return *parse_json(json, impossible);
}

/// Files in it are bytes rather than addresses.
void make_binary(json_value& schema) {
  if (text_of(schema.find("type")) == "string" && text_of(schema.find("format")) == "uri")
    member(schema, "format") = parsed(R"("binary")");
  for (auto& [key, value] : schema.members)
    if (key == "items")
      make_binary(value);
    else if (key == "anyOf" || key == "allOf")
      for (auto& one : value.items)
        make_binary(one);
}

void add_form(json_value& document, json_value& operation, const std::string& input, const std::string& raw) {
  auto* schema = document.find_path({"components", "schemas", input});
  if (schema == nullptr)
    return;
  auto form = *schema;
  for (auto& property : member(form, "properties").members)
    make_binary(property.value);
  auto& content = member(member(operation, "requestBody"), "content");
  member(member(content, "multipart/form-data"), "schema") = std::move(form);
  if (!raw.empty())
    member(content, "application/octet-stream") = parsed(binary_content);
}

}   // namespace

bool output_may_be_file(std::string_view document) {
  json_error error;
  auto tree = parse_json(document, error);
  auto* output = tree ? tree->find_path({"components", "schemas", "Output"}) : nullptr;
  return output == nullptr || may_be_file(*tree, *output);
}

std::string document_with_forms(const model_document& document) {
  json_error error;
  auto tree = parse_json(std::string_view{document.json}, error);
  if (!tree)
    return document.json;
  auto* output = tree->find_path({"components", "schemas", "Output"});
  bool gives_files = output != nullptr && may_be_file(*tree, *output);
  struct create {
    const char* path;
    const char* method;
    bool trains;
  };
  constexpr std::array creates{create{"/predictions", "post", false},
                               create{"/predictions/{prediction_id}", "put", false}, create{"/trainings", "post", true},
                               create{"/trainings/{training_id}", "put", true}};
  for (auto& [path, method, trains] : creates) {
    if (tree->find_path({"paths", path, method}) == nullptr)
      continue;
    auto* schema = document.schema_of(trains);
    auto raw = schema != nullptr ? raw_input_name(*schema) : std::string{};
    auto operation = std::move(member(member(member(*tree, "paths"), path), method));
    add_form(*tree, operation, trains ? "TrainingInput" : "Input", raw);
    if (gives_files && !trains)
      member(member(member(member(operation, "responses"), "200"), "content"), "*/*") = parsed(binary_content);
    member(member(member(*tree, "paths"), path), method) = std::move(operation);
  }
  std::string json;
  append_json(json, *tree, number_style::as_written);
  return json;
}

}   // namespace cog
