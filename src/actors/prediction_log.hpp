#pragma once
#include "process/frame.hpp"
#include "prediction/prediction.hpp"
#include "prediction/request.hpp"

// The records of predictions in the server's log: each has the id, and the trace if there is one. What every prediction
// would write, its start and its success, is there at debug level only: a line costs more than a small prediction.

namespace cog {

void log_start(const prediction_request& request);
void log_cancel(const prediction_request& request);

/// How it ended.
void log_end(const prediction_request& request, const prediction_snapshot& result);

/// What was printed, for a prediction or (null) for none; white space at its end is left out.
void log_printed(const prediction_request* request, uint64_t worker, log_source source, std::string_view text);

}   // namespace cog
