#pragma once
#include "prediction/input_schema.hpp"
#include "prediction/request.hpp"
#include "prediction/shared_text.hpp"
#include <string>

namespace cog {

/// The input of a valid request as others may see it: without unknown keys, null where the model will get null for a
/// key left out, secrets masked, keys ascending. `document` may be null: then all of the input.
std::string visible_input(const prediction_request& request, const model_document* document);

/// The same to be held while it is read, counted where the request's body is counted, whatever the limit there.
shared_text shared_visible_input(const prediction_request& request, const model_document* document);

}   // namespace cog
