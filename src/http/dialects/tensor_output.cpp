#include "http/dialects/tensor.hpp"
#include <algorithm>
#include <bit>

namespace cog {

namespace {

bool is_number_list(const json_value& value) {
  return value.is(json_kind::array) && !value.items.empty() &&
    std::all_of(value.items.begin(), value.items.end(), [](auto& item) { return item.is(json_kind::number); });
}

bool is_text_list(const json_value& value) {
  return value.is(json_kind::array) && !value.items.empty() &&
    std::all_of(value.items.begin(), value.items.end(), [](auto& item) { return item.is(json_kind::string); });
}

/// Rows of one length.
bool is_matrix(const json_value& value) {
  return value.is(json_kind::array) && !value.items.empty() &&
    std::all_of(value.items.begin(), value.items.end(),
                [&](auto& row) { return is_number_list(row) && row.items.size() == value.items.front().items.size(); });
}

output_tensor scalar(const std::string& name, std::string type, std::string item) {
  return {name, std::move(type), {1}, {tensor_item{std::move(item)}}};
}

output_tensor tensor_of(const std::string& name, const json_value& value) {
  if (value.is(json_kind::boolean))
    return scalar(name, "BOOL", std::string{value.raw});
  if (value.is(json_kind::number)) {
    bool whole = value.raw.find_first_of(".eE") == value.raw.npos;
    return scalar(name, whole ? "INT64" : "FP64", std::string{value.raw});
  }
  output_tensor tensor{name, "FP64", {}, {}};
  auto add = [&](const json_value& row) {
    for (auto& item : row.items)
      tensor.items.emplace_back(std::string{item.raw});
  };
  if (is_number_list(value)) {
    tensor.shape = {value.items.size()};
    add(value);
    return tensor;
  }
  if (is_matrix(value)) {
    tensor.shape = {value.items.size(), value.items.front().items.size()};
    for (auto& row : value.items)
      add(row);
    return tensor;
  }
  tensor.type = "BYTES";
  if (!is_text_list(value))
    return scalar(name, "BYTES", plain_text(value));
  tensor.shape = {value.items.size()};
  for (auto& item : value.items)
    tensor.items.emplace_back(plain_text(item));
  return tensor;
}

void append_little(std::string& out, uint64_t bits, size_t bytes) {
  for (size_t at = 0; at < bytes; ++at)
    out += static_cast<char>(bits >> (8 * at) & 0xff);
}

}   // namespace

std::vector<output_tensor> tensors_of(const output_view& view, const prediction_snapshot& prediction,
                                      const model_api& api) {
  auto& files = prediction.output.files;
  if (!files.empty()) {
    output_tensor tensor{"output", "BYTES", {files.size()}, {}};
    for (auto& file : files)
      tensor.items.emplace_back(file);
    return {tensor};
  }
  auto* tree = view.tree();
  if (!tree || api.output.joined)
    return {scalar("output", "BYTES", view.text())};
  if (!tree->is(json_kind::object))
    return {tensor_of("output", *tree)};
  std::vector<output_tensor> all;
  all.reserve(tree->members.size());
  for (auto& [name, value] : tree->members)
    all.push_back(tensor_of(name, value));
  return all;
}

void append_data(answer_text& body, const output_tensor& tensor) {
  tail_of(body) += '[';
  auto separator = "";
  for (auto& item : tensor.items) {
    tail_of(body) += separator;
    separator = ",";
    if (auto* file = std::get_if<output_file>(&item))
      body.emplace_back(*file);
    else if (tensor.type == "BYTES")
      tail_of(body) += quoted(std::get<std::string>(item));
    else
      tail_of(body) += std::get<std::string>(item);
  }
  tail_of(body) += ']';
}

answer_text binary_data(const output_tensor& tensor) {
  answer_text body;
  for (auto& item : tensor.items) {
    auto& out = tail_of(body);
    if (auto* file = std::get_if<output_file>(&item)) {
      append_little(out, file->size, 4);
      body.emplace_back(raw_file{file->path, 0, file->size});
      continue;
    }
    auto& text = std::get<std::string>(item);
    if (tensor.type == "BYTES") {
      append_little(out, text.size(), 4);
      out += text;
    } else if (tensor.type == "BOOL") {
      out += text == "true" ? '\1' : '\0';
    } else if (tensor.type == "INT64") {
      append_little(out, static_cast<uint64_t>(static_cast<int64_t>(number_value(text))), 8);
    } else {
      append_little(out, std::bit_cast<uint64_t>(static_cast<double>(number_value(text))), 8);
    }
  }
  return body;
}

tensor_shape shape_of(const model_output& output) {
  if (output.is_number() && output.list)
    return {"FP64", output.matrix ? "[-1,-1]" : "[-1]"};
  if (output.kind == value_kind::number)
    return {"FP64", "[1]"};
  if (output.kind == value_kind::integer)
    return {"INT64", "[1]"};
  if (output.kind == value_kind::boolean && !output.list)
    return {"BOOL", "[1]"};
  return {"BYTES", output.list && !output.joined ? "[-1]" : "[1]"};
}

}   // namespace cog
