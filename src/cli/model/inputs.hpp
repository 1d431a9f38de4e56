#pragma once
#include "prediction/input_schema.hpp"
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cog {

/// The inputs of a model as the command line gives them.
struct given_inputs {
  std::vector<std::pair<std::string, std::string>> pairs;   // of `-i name=value`, in their order
  std::optional<std::string> json;                          // the text of `--json`: an object
};

/// Splits the values of `-i`, and reads the text that `--json` means (inline, `@file`, `@-` or `-`). Throws
/// command_error; knows nothing of the model yet.
given_inputs read_given(const std::vector<std::string>& inputs, const std::optional<std::string>& json);

/// The inputs as one JSON object: each value in the type that the schema says, `@file` and `@-` as data URLs. Throws
/// command_error naming each input that is unknown, missing or wrong. Without a schema every value is a string.
std::string typed_inputs(const given_inputs& given, const input_schema* schema);

/// What is wrong with the inputs, a sentence each: cli-and-image section 6.4.
std::vector<std::string> check_inputs(const json_value& inputs, const input_schema& schema);

/// One text of the sentences: the only one, or a list under a heading. None: empty.
std::string joined_problems(const std::vector<std::string>& problems);

}   // namespace cog
