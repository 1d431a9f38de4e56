#pragma once
#include "json/json_tree.hpp"
#include <string>

namespace cog {

/// What a model takes, for people: of each input name, type, default, choices, range and description.
std::string input_list(const json_value& document);

}   // namespace cog
