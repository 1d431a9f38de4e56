#pragma once
#include "prediction/answer.hpp"
#include "prediction/event.hpp"
#include <string>

namespace cog {

/// One event of a stream (http-api section 16), files as data URLs.
answer_text sse_text(const prediction_event& event);

/// Sent when nothing has happened for a while.
constexpr std::string_view sse_keep_alive = ": keep-alive\n\n";

/// The head of a stream's response. A body that is not chunked ends with the connection.
std::string sse_head(bool chunked, bool keep_alive);

/// The body's chunk of so many bytes: what stands before it.
std::string chunk_head(uint64_t bytes);

}   // namespace cog
