#pragma once
#include "prediction/input_schema.hpp"
#include <string>
#include <string_view>

namespace cog {

/// The schema that a value of `node` has in the end: an enum is behind `allOf` and a reference.
const schema_node& resolved(const input_schema& schema, const schema_node& node);

/// Does the schema name this kind among those it takes?
bool is_of(const schema_node& node, json_kind kind);

/// Whether the value is a list, and never a text.
bool is_list(const schema_node& node);

/// The JSON of an input that was given as text, in the type that the schema says: `true` and `false`, numbers, lists and
/// objects as JSON, one item of a list as itself. A text that does not fit stays a string, of which the check then says
/// what is wrong.
std::string value_of_text(const input_schema& schema, const schema_node& node, std::string_view text);

}   // namespace cog
