#pragma once
#include "http/response.hpp"
#include "prediction/answer.hpp"
#include "prediction/event.hpp"
#include <string>

namespace cog {

/// How the events of a stream are written, beside what they say.
struct event_style {
  std::string run;     // makes ids of positions, which differ from those of every other run; empty: there are no ids
  std::string links;   // as `file_links::base`
};

/// One event of a stream (http-api section 16). With ids, the last one has the prediction's times, too.
answer_text sse_text(const prediction_event& event, const event_style& style = {});

/// The id of an event: `run` and its position, or `end`.
constexpr std::string_view end_of_run = "end";
std::string event_id(std::string_view run, const prediction_event& event);

/// Sent when nothing has happened for a while.
constexpr std::string_view sse_keep_alive = ": keep-alive\n\n";

/// The head of a stream's response. A body that is not chunked ends with the connection. `links`: files are links.
std::string sse_head(bool chunked, bool keep_alive, bool links = false);

/// The same for a stream that is not Cog's; `head` is all but the length.
std::string stream_head(http_response head, bool chunked, bool keep_alive);

/// The body's chunk of so many bytes: what stands before it.
std::string chunk_head(uint64_t bytes);

}   // namespace cog
