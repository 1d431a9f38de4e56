#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// One entry of a 422 answer: `{"loc":["body","input",field],"msg":message,"type":type}`.
struct input_error {
  std::string field;   // JSON pointer without its leading slash, or `__root__`
  std::string message;
  std::string type;   // `value_error` or `value_error.missing`
};

class input_schema;   // compiled from `components.schemas.Input`; schema.cpp
struct api_config;
struct model_api;

/// The OpenAPI document of a model, with what the server reads in it. Never changed once made.
struct model_document {
  std::string json;                               // as served: compact, keys ascending
  std::shared_ptr<const input_schema> input;      // null: nothing is checked
  std::shared_ptr<const input_schema> training;   // from `TrainingInput`; null when the model has no training
  std::shared_ptr<const model_api> api;           // for clients of other protocols
  uint64_t source = 0;                            // the version of the source it was made of
  bool output_is_array = false;
  bool streaming = false;   // `paths./predictions.post.x-cog-streaming`

  /// The schema of a prediction's input, or of a training's.
  const input_schema* schema_of(bool is_training) const {
    return is_training && training ? training.get() : input.get();
  }
};
using document_ptr = std::shared_ptr<const model_document>;

/// Reads and compiles a document once; `api` says what clients of other protocols are to see.
/// Returns null and sets `problem` (one sentence, naming the place) when the text is no JSON object. A pattern that does
/// not compile is no reason to refuse: that one pattern is not checked, and `problem` names it.
document_ptr make_document(std::string_view json, std::string& problem, const api_config* api = nullptr);

}   // namespace cog
