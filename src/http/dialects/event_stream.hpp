#pragma once
#include "http/dialects/prediction_plan.hpp"
#include <memory>
#include <string>
#include <string_view>

namespace cog {

/// The same answer in the binary frames of Amazon's event streams, each piece a PayloadPart.
std::shared_ptr<dialect_answer> in_event_stream(std::shared_ptr<dialect_answer> answer);

/// One such frame: the headers are texts.
std::string event_stream_frame(const std::vector<std::pair<std::string, std::string>>& headers,
                               std::string_view payload);

}   // namespace cog
