#pragma once
#include "prediction/prediction.hpp"
#include <string>
#include <string_view>

// Whose predictions a request may see, where API keys own them.

namespace cog {

class http_request;

/// What the router knows the prediction of this id by, for whoever asks.
std::string known_as(const http_request& request, std::string_view id);

/// Whether a prediction is of the asker, or the asker sees those of all.
bool sees(const http_request& request, const prediction_snapshot& prediction);

}   // namespace cog
