#pragma once
#include "prediction/request.hpp"
#include <vector>

namespace cog {

class input_schema;

/// For a server that may be given URLs only: an error for each file of the input that is named otherwise, so that the
/// model would open whatever file of the server that is.
std::vector<input_error> find_local_paths(const input_schema& schema, const prediction_request& request);

}   // namespace cog
