#include "http/dialects/kserve.hpp"
#include "http/dialects/tensor.hpp"
#include "http/dialects/text_answer.hpp"
#include "http/request.hpp"
#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>

namespace cog {

namespace {

constexpr uint64_t most_rows = 64;   // of tensors that hold several inputs

class infer_answer : public dialect_answer {
public:
  infer_answer(std::string id, bool binary, bool batched) : id_{std::move(id)}, binary_{binary}, batched_{batched} {
    // nop
  }

  std::map<std::string, bool> wanted;   // outputs, and whether they are to be binary; empty: all

  void answer(const result_list& results, http_response& response, answer_text& body) override {
    std::vector<output_tensor> tensors;
    for (auto& result : results) {
      output_view view{*result, *facts().api};
      auto of_this = tensors_of(view, *result, *facts().api);
      if (batched_)
        for (auto& tensor : of_this)
          tensor.shape.insert(tensor.shape.begin(), 1);
      if (tensors.empty())
        tensors = std::move(of_this);
      else if (!stack(tensors, of_this))
        return refuse(response);
    }
    std::erase_if(tensors, [&](auto& tensor) { return !wanted.empty() && !wanted.contains(tensor.name); });
    write(tensors, response, body);
  }

private:
  static bool stack(std::vector<output_tensor>& all, std::vector<output_tensor>& more) {
    if (all.size() != more.size())
      return false;
    for (size_t at = 0; at < all.size(); ++at) {
      auto& tensor = all[at];
      auto& other = more[at];
      bool same = tensor.name == other.name && tensor.type == other.type &&
        std::equal(tensor.shape.begin() + 1, tensor.shape.end(), other.shape.begin() + 1, other.shape.end());
      if (!same)
        return false;
      tensor.shape.front() += 1;
      std::move(other.items.begin(), other.items.end(), std::back_inserter(tensor.items));
    }
    return true;
  }

  static void refuse(http_response& response) {
    response = render_error(dialect::kserve, {dialect_fault::failed, "The outputs of the inputs differ in shape", {}});
  }

  bool is_binary(const output_tensor& tensor) const {
    auto found = wanted.find(tensor.name);
    return found == wanted.end() ? binary_ : found->second;
  }

  void write(const std::vector<output_tensor>& tensors, http_response& response, answer_text& body) {
    answer_text tail;
    auto& head = tail_of(body);
    head += "{\"model_name\":" + quoted(facts().model) + ",\"model_version\":\"1\"";
    if (!id_.empty())
      head += ",\"id\":" + quoted(id_);
    head += ",\"outputs\":[";
    auto separator = "";
    for (auto& tensor : tensors) {
      auto& out = tail_of(body);
      out += separator + std::string{"{\"name\":"} + quoted(tensor.name) + ",\"datatype\":\"" + tensor.type +
        "\",\"shape\":[";
      separator = ",";
      for (size_t at = 0; at < tensor.shape.size(); ++at)
        out += (at == 0 ? "" : ",") + std::to_string(tensor.shape[at]);
      if (is_binary(tensor)) {
        auto bytes = binary_data(tensor);
        out += "],\"parameters\":{\"binary_data_size\":" + std::to_string(content_length(bytes)) + "}}";
        std::move(bytes.begin(), bytes.end(), std::back_inserter(tail));
      } else {
        out += "],\"data\":";
        append_data(body, tensor);
        tail_of(body) += '}';
      }
    }
    tail_of(body) += "]}";
    if (tail.empty())
      return;
    response.content_type = "application/octet-stream";
    response.more_headers.push_back("inference-header-content-length: " + std::to_string(content_length(body)));
    std::move(tail.begin(), tail.end(), std::back_inserter(body));
  }

  std::string id_;
  bool binary_;
  bool batched_;
};

/// How many inputs a tensor holds: one, or as many rows as it has beyond what the input takes.
uint64_t rows_of(const input_tensor& tensor, const model_input& own) {
  if (own.list)
    return tensor.shape.size() > 1 ? tensor.shape.front() : 1;
  return tensor.items.size() <= 1 ? 1 : tensor.shape.front();
}

bool is_one_of(std::string_view type, std::initializer_list<std::string_view> prefixes) {
  for (auto prefix : prefixes)
    if (type.starts_with(prefix))
      return true;
  return false;
}

/// An element as JSON for this input. Empty: there is a complaint.
std::string element_json(plan_maker& maker, const input_tensor& tensor, const model_input& own,
                         const std::string& item) {
  auto refuse = [&](std::string_view wanted) {
    maker.bad(own.name + ": " + tensor.type + " does not fit, " + std::string{wanted} + " is wanted", own.name);
    return std::string{};
  };
  switch (own.kind) {
    case value_kind::text:
    case value_kind::choice:
    case value_kind::secret:
      return tensor.is_bytes() ? quoted(item) : refuse("BYTES");
    case value_kind::file:
      if (!tensor.is_bytes())
        return refuse("BYTES");
      if (tensor.base64)
        return quoted("data:application/octet-stream;base64," + item);
      return quoted(tensor.binary ? data_url(item, {}) : item);
    case value_kind::object:
    case value_kind::other: {
      json_error error;
      if (!tensor.is_bytes())
        return item;
      return parse_json(std::string_view{item}, error) ? item : refuse("JSON text as BYTES");
    }
    case value_kind::integer: {
      if (is_one_of(tensor.type, {"INT", "UINT"}))
        return item;
      auto number = is_one_of(tensor.type, {"FP", "BF"}) && item.front() != '"' ? number_value(item) : 0.5L;
      auto whole = static_cast<int64_t>(number);
      return static_cast<long double>(whole) == number ? std::to_string(whole) : refuse("INT64");
    }
    case value_kind::number:
      return is_one_of(tensor.type, {"INT", "UINT", "FP", "BF"}) ? item : refuse("FP64");
    case value_kind::boolean:
      if (tensor.type == "BOOL")
        return item;
      return tensor.type == "UINT8" && (item == "0" || item == "1") ? (item == "1" ? "true" : "false") : refuse("BOOL");
  }
  return {};
}

bool set_row(plan_maker& maker, input_maker& input, const model_input& own, const input_tensor& tensor, uint64_t row,
             uint64_t rows) {
  auto width = tensor.items.size() / rows;
  if (!own.list && width != 1)
    return maker.bad(own.name + ": one element is wanted", own.name);
  std::string json;
  for (size_t at = row * width; at < (row + 1) * width; ++at) {
    auto element = element_json(maker, tensor, own, tensor.items[at]);
    if (element.empty())
      return false;
    json.append(json.empty() ? "" : ",").append(element);
  }
  input.set_raw(own, own.list ? "[" + json + "]" : json);
  return true;
}

bool read_header(plan_maker& maker, size_t& json_length) {
  auto& request = maker.request;
  if (!request.content_encoding.empty() && request.content_encoding != "identity")
    return maker.fail(dialect_fault::wrong_type, "Compressed bodies are not served");
  json_length = request.body.size();
  if (request.json_length.empty())
    return true;
  auto& text = request.json_length;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), json_length);
  if (error != std::errc{} || end != text.data() + text.size() || json_length > request.body.size())
    return maker.fail(dialect_fault::malformed, "Inference-Header-Content-Length is not within the body");
  return true;
}

const model_input* input_for(const plan_maker& maker, const std::vector<input_tensor>& tensors,
                             const input_tensor& tensor) {
  auto* own = maker.api.find(tensor.name);
  return own || tensors.size() > 1 ? own : maker.api.only_required();
}

bool add_rows(plan_maker& maker, const std::vector<input_tensor>& tensors, uint64_t& rows) {
  rows = 0;
  for (auto& tensor : tensors) {
    auto* own = input_for(maker, tensors, tensor);
    if (!own)
      return maker.bad("The model has no input `" + tensor.name + "`", tensor.name);
    auto of_this = rows_of(tensor, *own);
    if (rows != 0 && rows != of_this)
      return maker.bad("The tensors hold different numbers of inputs", tensor.name);
    rows = of_this;
  }
  rows = std::max<uint64_t>(rows, 1);
  if (rows > most_rows)
    return maker.bad("At most 64 inputs in one request");
  auto* parameters = maker.field("parameters");
  for (uint64_t row = 0; row < rows; ++row) {
    input_maker input{maker.api};
    if (parameters)
      maker.add_extras(input, *parameters, {"binary_data_output"});
    for (auto& tensor : tensors)
      if (!set_row(maker, input, *input_for(maker, tensors, tensor), tensor, row, rows))
        return false;
    maker.plan.inputs.push_back(input.json());
  }
  return true;
}

bool flag_of(const json_value& object, std::string_view name, bool otherwise) {
  auto* value = object.find_path({"parameters", name});
  return value ? value->is_true() : otherwise;
}

}   // namespace

void plan_infer(plan_maker& maker) {
  size_t json_length = 0;
  if (maker.words.size() > 1 && maker.words[1] != "1") {
    maker.fail(dialect_fault::not_found, "The only version is 1");
    return;
  }
  if (!read_header(maker, json_length) || !maker.read_json_part(json_length))
    return;
  std::vector<input_tensor> tensors;
  uint64_t rows = 0;
  if (!read_tensors(maker, json_length, tensors) || !add_rows(maker, tensors, rows))
    return;
  bool binary = flag_of(maker.body(), "binary_data_output", false);
  auto answer = std::make_shared<infer_answer>(maker.text("id"), binary, rows > 1);
  if (auto* outputs = maker.field("outputs"))
    for (auto& one : outputs->items)
      if (auto* name = one.find("name"))
        answer->wanted[plain_text(*name)] = flag_of(one, "binary_data", binary);
  maker.plan.answer = std::move(answer);
}

}   // namespace cog
