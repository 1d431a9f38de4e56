#pragma once
#include "prediction/answer.hpp"
#include "prediction/model_api.hpp"
#include "prediction/prediction.hpp"
#include <optional>
#include <string>
#include <vector>

namespace cog {

/// What a model has counted; 0: it has not.
struct token_usage {
  uint64_t input = 0;
  uint64_t output = 0;
  uint64_t total() const { return input + output; }
  token_usage& operator+=(const token_usage& other) {
    input += other.input;
    output += other.output;
    return *this;
  }
};

/// The output of a prediction that has succeeded, as the clients of other protocols want it.
class output_view {
public:
  /// Both outlive it.
  output_view(const prediction_snapshot& prediction, const model_api& api);
  output_view(const output_view&) = delete;
  output_view& operator=(const output_view&) = delete;

  /// One text: pieces joined, of an object the field that is meant, else JSON.
  std::string text() const;
  /// One for each item of a list of texts, else one.
  std::vector<std::string> texts() const;
  /// Those that are meant: of an object with several, the field's.
  std::vector<output_file> files() const;
  /// JSON arrays of numbers: one, or one for each row of a matrix. Nothing: it is neither.
  std::optional<std::vector<std::string>> vectors() const;
  /// As JSON, with data URLs for files; the text of a model that joins its pieces is one string.
  answer_text json() const;
  /// Without files.
  const json_value* tree() const { return tree_ ? &*tree_ : nullptr; }

  token_usage usage() const;
  /// As the model has recorded it, else `stop`.
  std::string finish_reason() const;

private:
  const json_value* chosen(const model_output* field) const;

  const prediction_snapshot& prediction_;
  const model_api& api_;
  std::string raw_;   // JSON, with places for files
  std::optional<json_value> tree_;
};

/// The text that a JSON value stands for: a string's content, nothing for null, else the JSON.
std::string plain_text(const json_value& value);

/// What a model's `metrics` say.
token_usage usage_of(const prediction_snapshot& prediction);
std::string finish_reason_of(const prediction_snapshot& prediction);

}   // namespace cog
