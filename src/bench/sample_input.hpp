#pragma once
#include "prediction/input_schema.hpp"
#include <string>
#include <vector>

namespace cog::bench {

struct sample_input {
  std::string json = "{}";            // an object
  std::vector<std::string> files{};   // names of inputs for which a file was made
};

/// The smallest valid input of a model: what has a default is left out, what is required gets a value by its type and
/// constraints. A file becomes a PNG image of 8 by 8 pixels, as a data URL. Throws command_error naming what cannot be
/// made, such as a text for a pattern.
sample_input make_sample(const input_schema& schema);

}   // namespace cog::bench
