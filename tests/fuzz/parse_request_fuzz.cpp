#include "prediction/answer.hpp"
#include "json/json_tree.hpp"
#include "prediction/request.hpp"
#include <cstdlib>

// `parse_request` against the plain parser of `json_tree`: both must agree on every text, and every place recorded must
// hold what it says.

namespace {

void require(bool condition) {
  if (!condition)
    std::abort();
}

cog::document_ptr make_model() {
  std::string problem;
  return cog::make_document(R"({"components":{"schemas":{"F":{"type":"string","format":"uri"},"Input":{"properties":{
    "s":{"type":"string","maxLength":5,"pattern":"^(a|b)*$"},"n":{"type":"integer","minimum":1,"exclusiveMaximum":9},
    "c":{"enum":["a",1,null,[1],{"k":2}]},"u":{"anyOf":[{"type":"integer"},{"$ref":"#/components/schemas/F"}]},
    "l":{"type":"array","items":{"$ref":"#/components/schemas/F"},"maxItems":3},"f":{"$ref":"#/components/schemas/F"},
    "o":{"properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false},
    "p":{"type":"string","x-cog-secret":true,"nullable":true}},"required":["s"]}}}})",
                            problem);
}

void require_sound(std::string_view json) {
  cog::json_error error;
  require(cog::parse_json(json, error).has_value());
}

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto model = make_model();
  std::string text{reinterpret_cast<const char*>(data), size};
  cog::json_error problem;
  auto sound = cog::parse_json(text, problem).has_value();
  for (auto schema : {model->input.get(), static_cast<const cog::input_schema*>(nullptr)}) {
    cog::prediction_request request;
    auto error = cog::parse_request(text, schema, request);
    require(sound == !(error && error->malformed));
    require(request.body == text);
    if (error)
      continue;
    require_sound(request.input_json());
    require_sound(request.context_json());
    require_sound(cog::detail_body(request.errors));
    for (auto& file : request.files)
      require_sound(std::string_view{request.body}.substr(file.at.offset, file.at.length));
  }
  return 0;
}
