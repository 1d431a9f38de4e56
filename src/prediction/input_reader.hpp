#pragma once
#include "prediction/input_schema.hpp"
#include "json/json_walk.hpp"
#include "prediction/request.hpp"
#include <vector>

namespace cog {

/// Reads the input of a request and holds it against the schema.
///
/// Scalars and arrays of scalars are judged while they are read. Whatever is refused or harder to judge is looked at a
/// second time as a tree, which alone writes messages.
class input_reader {
public:
  input_reader(prediction_request& request, const input_schema& schema);

  /// Reads the value that was peeked at and fills `files`, `errors` and `unknown_keys` of the request. False when it is
  /// no sound JSON.
  bool read(simdjson::ondemand::value& value, json_token& token, int depth);

  /// To be called in place of `read` when there is no input: adds what the lack of required ones gives.
  void finish();

private:
  /// An input that was given, by the last value seen for it.
  struct given_input {
    const std::string* name;
    std::vector<input_error> errors;
    std::vector<file_value> files;
  };

  static std::vector<given_input>& reused_list();
  bool read_member(std::string_view name, simdjson::ondemand::value& value, int depth);
  bool read_array(const schema_node& node, simdjson::ondemand::value& value, json_token& token, int depth,
                  bool& accepted);
  void note_unknown(std::string_view name);
  given_input& entry_of(const std::string& name);
  void judge(const schema_node& node, const json_token& token, bool accepted, given_input& input);

  prediction_request& request_;
  const input_schema& schema_;
  std::vector<given_input>& given_;
};

}   // namespace cog
