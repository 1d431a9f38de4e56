#include "http/dialects/openai.hpp"
#include "io/base64.hpp"
#include "json/json_writer.hpp"
#include <algorithm>
#include <cstring>

namespace cog {

namespace {

/// Little-endian floats of 32 bits, in base64.
std::string packed(const json_value& vector) {
  std::string bytes;
  bytes.reserve(vector.items.size() * sizeof(float));
  for (auto& item : vector.items) {
    auto number = static_cast<float>(number_value(item.raw));
    uint32_t bits = 0;
    std::memcpy(&bits, &number, sizeof bits);
    for (int shift = 0; shift < 32; shift += 8)
      bytes += static_cast<char>(bits >> shift & 0xff);
  }
  std::string text;
  append_base64(text, bytes);
  return text;
}

class embedding_answer : public dialect_answer {
public:
  embedding_answer(bool base64, uint64_t dimensions) : base64_{base64}, dimensions_{dimensions} {
    // nop
  }

  void answer(const result_list& results, http_response& response, answer_text& body) override {
    std::string out;
    json_writer json{out};
    json.open("", '{');
    json.text("object", "list");
    json.open("data", '[');
    token_usage usage;
    uint64_t index = 0;
    for (auto& result : results) {
      usage += usage_of(*result);
      auto vectors = output_view{*result, *facts().api}.vectors();
      if (!vectors)
        return refuse(response,
                      "the output is no list of numbers; where a part of it is one, name that in cog.yaml: "
                      "api: {output: PATH}",
                      "input");
      for (auto& vector : *vectors)
        if (!write(json, index++, vector))
          return refuse(response, "dimensions is not the length of this model's vectors", "dimensions");
    }
    json.close(']');
    json.text("model", facts().model);
    json.open("usage", '{');
    json.number("prompt_tokens", usage.input);
    json.number("total_tokens", usage.total());
    json.close('}');
    json.close('}');
    body.emplace_back(std::move(out));
  }

private:
  bool write(json_writer& json, uint64_t index, const std::string& vector) const {
    json_error error;
    auto tree = parse_json(std::string_view{vector}, error);
    if (dimensions_ > 0 && tree->items.size() != dimensions_)
      return false;
    json.open("", '{');
    json.text("object", "embedding");
    json.number("index", index);
    if (base64_)
      json.text("embedding", packed(*tree));
    else
      json.raw("embedding", vector);
    json.close('}');
    return true;
  }

  static void refuse(http_response& response, std::string why, std::string param) {
    response = render_error(
      dialect::openai,
      {dialect_fault::unsupported, "This model does not serve embeddings: " + std::move(why), std::move(param)});
  }

  bool base64_;
  uint64_t dimensions_;   // that the vectors must have; 0: any
};

bool is_text_list(const json_value& value) {
  return value.is(json_kind::array) && !value.items.empty() &&
    std::all_of(value.items.begin(), value.items.end(), [](auto& item) { return item.is(json_kind::string); });
}

}   // namespace

void plan_embeddings(plan_maker& maker) {
  if (!maker.read_json() || !maker.demand(operation::embeddings))
    return;
  auto* given = maker.field("input");
  bool text = given && given->is(json_kind::string);
  if (!text && !(given && is_text_list(*given))) {
    maker.bad("input must be a text or a list of texts; token ids are not served", "input");
    return;
  }
  input_maker input{maker.api};
  maker.add_extras(input, {"input", "model", "encoding_format", "user"});
  auto* dimensions = maker.field("dimensions");
  bool checked = dimensions && dimensions->is(json_kind::number) && !maker.api.find("dimensions");
  if (maker.api.input_of(input_role::texts)) {
    input.set(input_role::texts, *given);
    maker.plan.inputs = {input.json()};
  } else if (text) {
    input.set(input_role::prompt, *given);
    maker.plan.inputs = {input.json()};
  } else {
    for (auto& item : given->items) {
      input.set(input_role::prompt, item);
      maker.plan.inputs.push_back(input.json());
    }
  }
  maker.plan.answer = std::make_shared<embedding_answer>(
    maker.text("encoding_format") == "base64", checked ? static_cast<uint64_t>(number_value(dimensions->raw)) : 0);
}

}   // namespace cog
