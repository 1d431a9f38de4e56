#pragma once
#include "json/json_tree.hpp"
#include <string>

namespace cog {

/// The value with two spaces a level, keys ascending, whole numbers without `.0`, and `<`, `>`, `&` escaped.
std::string pretty_json(const json_value& value);

/// An object with its members in this order.
std::string pretty_object(const std::vector<std::pair<std::string, const json_value*>>& members);

}   // namespace cog
