#pragma once
#include <string>

namespace cog {

/// An id for a prediction whose client gave it none: `pred_` and the nanoseconds since the epoch in hex. Never the same
/// twice in this process, whatever the threads and the clock do.
std::string make_prediction_id();

}   // namespace cog
