#pragma once
#include "prediction/request.hpp"
#include "prediction/schema.hpp"
#include <string>
#include <vector>

namespace cog {

/// An input that decides which predictions go together.
struct batch_input {
  std::string name;
  std::string fallback = "null";   // stands for one that was not sent; as in a key
};

/// The inputs of these names, with their defaults in the document.
std::vector<batch_input> batch_inputs(const std::vector<std::string>& names, const model_document* document);

/// Equal for predictions whose values of these inputs are the same JSON, however they were written.
std::string batch_key(const prediction_request& request, const std::vector<batch_input>& inputs);

}   // namespace cog
