#include "http/dialects/tensor.hpp"
#include "http/request.hpp"
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace cog {

namespace {

struct datatype {
  std::string_view name;
  size_t bytes;   // of an element; 0: each says its own
};

constexpr std::array datatypes{
  datatype{"BOOL", 1}, datatype{"UINT8", 1}, datatype{"UINT16", 2}, datatype{"UINT32", 4}, datatype{"UINT64", 8},
  datatype{"INT8", 1}, datatype{"INT16", 2}, datatype{"INT32", 4},  datatype{"INT64", 8},  datatype{"FP16", 2},
  datatype{"BF16", 2}, datatype{"FP32", 4},  datatype{"FP64", 8},   datatype{"BYTES", 0},
};

const datatype* find_type(std::string_view name) {
  for (auto& type : datatypes)
    if (type.name == name)
      return &type;
  return nullptr;
}

/// Little-endian.
uint64_t read_bits(std::string_view bytes) {
  uint64_t bits = 0;
  for (size_t at = bytes.size(); at > 0; --at)
    bits = bits << 8 | static_cast<unsigned char>(bytes[at - 1]);
  return bits;
}

double half(uint64_t bits) {
  auto exponent = static_cast<int>(bits >> 10 & 31);
  auto fraction = static_cast<double>(bits & 1023);
  auto size = exponent == 0 ? std::ldexp(fraction, -24)
    : exponent == 31        ? (fraction == 0 ? std::numeric_limits<double>::infinity() : std::nan(""))
                            : std::ldexp(1024 + fraction, exponent - 25);
  return (bits >> 15) != 0 ? -size : size;
}

/// As JSON; a number that JSON does not know becomes text, which no input takes.
std::string number_text(double number) {
  if (!std::isfinite(number))
    return "\"no finite number\"";
  std::string text;
  append_float(text, number);
  return text;
}

std::string element(std::string_view type, std::string_view bytes) {
  auto bits = read_bits(bytes);
  if (type == "BOOL")
    return bits == 0 ? "false" : "true";
  if (type.starts_with("UINT"))
    return std::to_string(bits);
  if (type.starts_with("INT")) {
    auto unused = 64 - 8 * bytes.size();
    return std::to_string(static_cast<int64_t>(bits << unused) >> unused);
  }
  if (type == "FP16")
    return number_text(half(bits));
  if (type == "BF16")
    return number_text(std::bit_cast<float>(static_cast<uint32_t>(bits << 16)));
  if (type == "FP32")
    return number_text(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  return number_text(std::bit_cast<double>(bits));
}

class tensor_reader {
public:
  tensor_reader(plan_maker& maker, std::string_view tail) : maker_{maker}, tail_{tail} {
    // nop
  }

  bool read(std::vector<input_tensor>& tensors) {
    auto* inputs = maker_.field("inputs");
    if (!inputs || !inputs->is(json_kind::array))
      return maker_.bad("inputs must be a list of tensors", "inputs");
    for (auto& one : inputs->items)
      if (!read_one(one, tensors.emplace_back()))
        return false;
    return tail_.empty() ? true : malformed("the body is longer than its tensors");
  }

private:
  bool read_one(const json_value& one, input_tensor& tensor) {
    auto* name = one.find("name");
    auto* type = one.find("datatype");
    auto* shape = one.find("shape");
    if (!name || !type || !shape || !shape->is(json_kind::array))
      return maker_.bad("each tensor needs name, shape and datatype");
    tensor.name = plain_text(*name);
    tensor.type = plain_text(*type);
    auto* known = find_type(tensor.type);
    if (!known)
      return maker_.bad(tensor.name + ": no datatype " + tensor.type, tensor.name);
    uint64_t count = 1;
    for (auto& size : shape->items) {
      auto number = size.is(json_kind::number) ? number_value(size.raw) : -1.0L;
      if (number < 0 || number > 1e9L)
        return maker_.bad(tensor.name + ": the shape must be of whole numbers", tensor.name);
      tensor.shape.push_back(static_cast<uint64_t>(number));
      count = std::min<uint64_t>(count * tensor.shape.back(), uint64_t{1} << 40);
    }
    auto* size = one.find_path({"parameters", "binary_data_size"});
    auto* kind = one.find_path({"parameters", "content_type"});
    tensor.base64 = kind && plain_text(*kind) == "base64";
    bool read = size ? read_tail(tensor, *known, *size) : read_data(tensor, one.find("data"));
    if (!read)
      return false;
    return tensor.items.size() == count
      ? true
      : maker_.bad(tensor.name + ": " + std::to_string(tensor.items.size()) + " elements do not fill the shape",
                   tensor.name);
  }

  bool read_data(input_tensor& tensor, const json_value* data) {
    if (!data)
      return maker_.bad(tensor.name + ": data is missing", tensor.name);
    if (tensor.type == "FP16" || tensor.type == "BF16")
      return maker_.bad(tensor.name + ": " + tensor.type + " comes as binary data only", tensor.name);
    flatten(tensor, *data);
    return true;
  }

  static void flatten(input_tensor& tensor, const json_value& value) {
    if (value.is(json_kind::array))
      for (auto& item : value.items)
        flatten(tensor, item);
    else
      tensor.items.push_back(tensor.is_bytes() ? plain_text(value) : std::string{value.raw});
  }

  bool read_tail(input_tensor& tensor, const datatype& type, const json_value& size) {
    tensor.binary = true;
    auto number = size.is(json_kind::number) ? number_value(size.raw) : -1.0L;
    if (number < 0 || number > static_cast<long double>(tail_.size()))
      return malformed(tensor.name + ": the body is shorter than its tensors");
    auto bytes = tail_.substr(0, static_cast<size_t>(number));
    tail_.remove_prefix(bytes.size());
    if (type.bytes > 0 && bytes.size() % type.bytes != 0)
      return malformed(tensor.name + ": binary_data_size is no multiple of an element");
    while (!bytes.empty()) {
      auto length = type.bytes;
      if (length == 0) {
        if (bytes.size() < 4)
          return malformed(tensor.name + ": an element is cut off");
        length = read_bits(bytes.substr(0, 4));
        bytes.remove_prefix(4);
        if (length > bytes.size())
          return malformed(tensor.name + ": an element is cut off");
      }
      auto own = bytes.substr(0, length);
      tensor.items.push_back(type.bytes == 0 ? std::string{own} : element(type.name, own));
      bytes.remove_prefix(length);
    }
    return true;
  }

  bool malformed(std::string why) { return maker_.fail(dialect_fault::malformed, std::move(why)); }

  plan_maker& maker_;
  std::string_view tail_;
};

}   // namespace

bool read_tensors(plan_maker& maker, size_t json_length, std::vector<input_tensor>& tensors) {
  return tensor_reader{maker, std::string_view{maker.request.body}.substr(json_length)}.read(tensors);
}

tensor_shape shape_of(const model_input& input) {
  auto shape = input.list ? "[-1]" : "[1]";
  switch (input.kind) {
    case value_kind::integer:
      return {"INT64", shape};
    case value_kind::number:
      return {"FP64", shape};
    case value_kind::boolean:
      return {"BOOL", shape};
    case value_kind::text:
    case value_kind::choice:
    case value_kind::secret:
    case value_kind::file:
    case value_kind::object:
    case value_kind::other:
      return {"BYTES", shape};
  }
  return {"BYTES", shape};
}

}   // namespace cog
