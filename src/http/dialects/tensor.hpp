#pragma once
#include "http/dialects/prediction_plan.hpp"
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// Tensors of the Open Inference Protocol, version 2, with its binary extension.

namespace cog {

/// One tensor of a request, its elements in row-major order.
struct input_tensor {
  std::string name;
  std::string type;   // such as FP32
  std::vector<uint64_t> shape;
  std::vector<std::string> items;   // of BYTES: the bytes; else JSON
  bool binary = false;              // came behind the JSON
  bool base64 = false;              // its texts are files in base64

  bool is_bytes() const { return type == "BYTES"; }
};

/// The tensors of a body whose JSON is `json_length` bytes long. False: there is a complaint.
bool read_tensors(plan_maker& maker, size_t json_length, std::vector<input_tensor>& tensors);

/// An element of an answer: JSON, or a text or file that is BYTES.
using tensor_item = std::variant<std::string, output_file>;

struct output_tensor {
  std::string name;
  std::string type;
  std::vector<uint64_t> shape;
  std::vector<tensor_item> items;
};

/// The outputs of one prediction.
std::vector<output_tensor> tensors_of(const output_view& view, const prediction_snapshot& prediction,
                                      const model_api& api);

/// The elements as a JSON array, or as bytes.
void append_data(answer_text& body, const output_tensor& tensor);
answer_text binary_data(const output_tensor& tensor);

/// The datatype and shape that an input or output has for clients.
struct tensor_shape {
  std::string_view type;
  std::string shape;   // JSON
};
tensor_shape shape_of(const model_input& input);
tensor_shape shape_of(const model_output& output);

}   // namespace cog
