#pragma once
#include "prediction/input_schema.hpp"
#include <string>
#include <vector>

namespace cog {

/// The JSON of an input given by `-i name=text`, once or more often: in the type that the schema says, `@path` as the
/// content of a file. Without a schema texts stay texts. Throws command_error naming the input.
std::string value_of_texts(const input_schema* schema, const std::string& name, const std::vector<std::string>& values);

/// The JSON of an input given by `--json`, with files wherever the schema says file and a string begins with `@`; without
/// a schema only where the input itself is such a string. Throws command_error naming the place.
std::string value_of_json(const input_schema* schema, const std::string& name, const json_value& value);

}   // namespace cog
