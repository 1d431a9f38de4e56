#pragma once
#include "json/json_tree.hpp"
#include "prediction/api_config.hpp"
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cog {

enum class value_kind : uint8_t { text, choice, secret, file, number, integer, boolean, object, other };

/// One input of a model; of a list, what its items are.
struct model_input {
  std::string name;
  value_kind kind = value_kind::other;
  bool list = false;
  bool required = false;
  std::string accept;   // media types of a file, as its author wrote them
};

/// What a model returns; of a list, what its items are.
struct model_output {
  value_kind kind = value_kind::other;
  bool list = false;
  bool matrix = false;                // a list of lists of numbers
  bool iterator = false;              // comes piece by piece
  bool joined = false;                // the pieces are one text
  std::vector<model_output> fields;   // of an object
  std::string name;                   // of a field

  bool is_number() const { return kind == value_kind::number || kind == value_kind::integer; }
};

/// What clients of other protocols can ask a model for.
enum class operation : uint8_t { chat, completions, embeddings, images, image_edits, transcriptions, speech };
constexpr std::array<std::string_view, 7> operation_names{
  "chat completions", "completions", "embeddings", "image generation", "image edits", "transcriptions", "speech"};

/// How a model looks to clients that know nothing of it: its inputs by what they are for, and its output. Computed once
/// from the document; never changed.
struct model_api {
  api_config config;
  std::vector<model_input> inputs;                            // in the author's order
  std::array<std::vector<size_t>, role_names.size()> roles;   // places in `inputs`; two for a size
  model_output output;
  std::vector<api_problem> problems;   // of the configuration, with this model
  std::string version;                 // a hash of the document, 64 hexadecimal digits

  const model_input* find(std::string_view name) const;
  /// Null: no input has this role.
  const model_input* input_of(input_role role) const;
  /// The field of an object output that is meant by `config.output`, else by its name and kind; the output itself when it
  /// is no object; null: there is none.
  const model_output* text_field() const;
  const model_output* file_field() const;
  const model_output* number_field() const;
  /// The only required input; null when there are several or none.
  const model_input* only_required() const;

  /// Why the model cannot do this, in a sentence that says what to write in cog.yaml; empty: it can.
  std::string refusal(operation what) const;
};

/// INTERNAL: fills in the roles from the inputs and the configuration.
void assign_roles(model_api& api);

/// `document` is an OpenAPI document of a model.
model_api make_model_api(const json_value& document, const api_config& config);

}   // namespace cog
