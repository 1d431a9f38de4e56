#pragma once
#include "prediction/model_api.hpp"
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// The input of one prediction, put together from what a request says. What an input is given last counts, and what does
/// not fit is found when the whole is held against the schema.
class input_maker {
public:
  /// `api` outlives it.
  explicit input_maker(const model_api& api) : api_{api}, values_(api.inputs.size()) {
    // nop
  }

  /// A value as it came: a text that holds it where the input is text, an item where it is a list. Null is nothing.
  void set(const model_input& input, const json_value& value);
  /// A text as it came, say from a form: numbers and the like are read from it.
  void set_text(const model_input& input, std::string_view text);
  /// A URL, or a data URL. False: the input holds no more of them.
  bool add_file(const model_input& input, std::string_view url);
  /// JSON as it stands.
  void set_raw(const model_input& input, std::string json);

  /// To the input of a role; false: there is none.
  bool set(input_role role, const json_value& value);
  bool set_text(input_role role, std::string_view text);

  bool has(const model_input& input) const { return !values_[place(input)].empty(); }
  /// A JSON object.
  std::string json() const;

private:
  size_t place(const model_input& input) const { return static_cast<size_t>(&input - api_.inputs.data()); }

  const model_api& api_;
  std::vector<std::vector<std::string>> values_;   // JSON by input; of a list of files: an item each
};

/// A JSON string.
std::string quoted(std::string_view utf8);
/// `data:<type>;base64,...` of these bytes, with a file's name unless it is empty. Without a type it is found by the first
/// bytes, if they tell.
std::string data_url(std::string_view bytes, std::string_view type, std::string_view name = {});
/// The type of a file by its first bytes; empty: they do not tell.
std::string_view sniffed_type(std::string_view bytes);

}   // namespace cog
