#include "prediction/form.hpp"
#include "prediction/header_value.hpp"
#include "prediction/input_schema.hpp"
#include "prediction/text_input.hpp"
#include "json/json_tree.hpp"
#include <algorithm>
#include <simdjson.h>

namespace cog {

namespace {

constexpr std::string_view request_name = "_request";

bool is_json_type(std::string_view type) {
  return is_same_word(type.substr(0, type.find_first_of("; \t")), "application/json");
}

std::string bytes_text(uint64_t bytes) {
  return std::to_string(bytes) + " bytes";
}

}   // namespace

void form::refuse(unsigned status, std::string text) {
  if (problem_.status == 0)
    problem_ = {status, std::move(text), {}};
}

void form::refuse_input(const std::string& name, std::string message) {
  if (problem_.status == 0)
    problem_.status = 422;
  problem_.errors.push_back({name, std::move(message), "value_error"});
}

/// Null when the schema says nothing of it; an input that it does not have is refused.
const schema_node* form::node_of(const std::string& name) {
  if (!schema_)
    return nullptr;
  auto* property = schema_->property(name);
  if (property != nullptr)
    return &schema_->node(property->second);
  if (!schema_->root().properties.empty())
    refuse_input(name, "The model has no such input");
  return nullptr;
}

form::given_input& form::entry_of(const std::string& name) {
  auto known = std::find_if(inputs_.begin(), inputs_.end(), [&](auto& input) { return input.name == name; });
  return known == inputs_.end() ? inputs_.emplace_back(given_input{name, {}}) : *known;
}

void form::on_part(part_head head) {
  text_ = nullptr;
  if (problem_.status != 0)
    return;
  if (head.name == request_name) {
    if (std::exchange(has_request_, true))
      return refuse(422, "There is a second part `_request`");
    if (!is_json_type(head.content_type))
      return refuse(422, "The part `_request` must be of the type application/json");
    text_ = &request_;
    return;
  }
  auto* node = node_of(head.name);
  if (problem_.status != 0)
    return;
  auto& values = entry_of(head.name).values;
  if (!head.is_file()) {
    text_ = &std::get<std::string>(values.emplace_back(std::string{}));
    return;
  }
  if (node != nullptr && !node->has_files)
    return refuse_input(head.name, "The input takes no file");
  values.emplace_back(files_.size());
  bytes_.push_back({files_.size(), {}});
  files_.push_back({std::move(head.file_name).value_or(""), std::move(head.content_type), 0});
}

void form::on_data(std::string_view bytes) {
  if (problem_.status != 0)
    return;
  if (text_ != nullptr) {
    text_size_ += bytes.size();
    if (text_size_ > limits_.texts)
      return refuse(413, "The texts of the form are longer than COG_MAX_BODY_BYTES, " + bytes_text(limits_.texts));
    text_->append(bytes);
    return;
  }
  auto& file = files_.back();
  file.size += bytes.size();
  file_size_ += bytes.size();
  if (file.size > limits_.file)
    return refuse(413, "The file `" + file.name + "` is longer than COG_MAX_FILE_BYTES, " + bytes_text(limits_.file));
  if (file_size_ > limits_.files)
    return refuse(413,
                  "The files are longer than COG_MAX_UPLOAD_BYTES, " + bytes_text(limits_.files) + ", all together");
  if (bytes_.empty() || bytes_.back().file + 1 != files_.size())
    bytes_.push_back({files_.size() - 1, {}});
  bytes_.back().bytes.append(bytes);
}

void form::on_part_end() {
  text_ = nullptr;
}

void form::add_text(const std::string& name, std::string_view text) {
  node_of(name);
  entry_of(name).values.emplace_back(std::string{text});
}

std::string form::placeholder(size_t file, const std::vector<stored_file>& stored) const {
  auto text =
    "upload:" + files_[file].name + ";number=" + std::to_string(file) + ";bytes=" + std::to_string(files_[file].size);
  if (!stored[file].hash.empty())
    text += ";sha256=" + stored[file].hash;
  std::string json;
  append_json_string(json, text);
  return json;
}

void form::write_input(const given_input& input, const std::vector<stored_file>& stored, std::string& body,
                       std::vector<file_value>& files) const {
  append_json_string(body, input.name);
  body += ':';
  auto* property = schema_ ? schema_->property(input.name) : nullptr;
  auto* node = property ? &resolved(*schema_, schema_->node(property->second)) : nullptr;
  bool is_file = std::holds_alternative<size_t>(input.values.front());
  bool several = input.values.size() > 1 || (is_file && node != nullptr && is_list(*node));
  auto* item = node != nullptr && several && node->items ? &schema_->node(*node->items) : node;
  if (several)
    body += '[';
  for (size_t i = 0; i < input.values.size(); ++i) {
    if (i > 0)
      body += ',';
    if (auto* file = std::get_if<size_t>(&input.values[i])) {
      auto json = placeholder(*file, stored);
      auto pointer = pointer_to({}, input.name);
      if (several)
        pointer = pointer_to(pointer, std::to_string(i));
      files.push_back({std::move(pointer), {body.size(), json.size()}, stored[*file].path});
      body += json;
    } else if (auto& text = std::get<std::string>(input.values[i]); item != nullptr) {
      body += value_of_text(*schema_, *item, text);
    } else {
      append_json_string(body, text);
    }
  }
  if (several)
    body += ']';
}

bool form::finish(const std::vector<stored_file>& stored, std::string& body, std::vector<file_value>& files) {
  json_value given;
  json_error error;
  if (has_request_) {
    auto parsed = parse_json(std::string_view{request_}, error);
    if (!parsed)
      refuse(400, "Failed to parse the part `_request` as JSON: " + error);
    else if (!parsed->is(json_kind::object))
      refuse(422, "The part `_request` must be a JSON object");
    else
      given = std::move(*parsed);
  }
  auto* input = given.find("input");
  if (input != nullptr && !input->is(json_kind::object) && !input->is(json_kind::null))
    refuse(422, "`input` in the part `_request` must be a JSON object");
  for (auto& one : inputs_) {
    if (input != nullptr && input->find(one.name) != nullptr)
      refuse_input(one.name, "It is given by a part and in `_request`");
    for (auto& value : one.values)
      if (auto* text = std::get_if<std::string>(&value); text != nullptr && !simdjson::validate_utf8(*text))
        refuse_input(one.name, "The text is no UTF-8");
  }
  if (problem_.status != 0)
    return false;
  auto append = [&](const json_member& member) {
    append_json_string(body, member.key);
    body.append(":").append(member.value.raw).append(",");
  };
  body = "{";
  for (auto& member : given.members)
    if (member.key != "input")
      append(member);
  body += "\"input\":{";
  if (input != nullptr)
    for (auto& member : input->members)
      append(member);
  for (auto& one : inputs_) {
    write_input(one, stored, body, files);
    body += ',';
  }
  if (body.back() == ',')
    body.pop_back();
  body += "}}";
  return true;
}

}   // namespace cog
