#pragma once
#include "prediction/memory_account.hpp"
#include "prediction/prediction.hpp"
#include "prediction/schema.hpp"
#include <optional>
#include <string>
#include <vector>

namespace cog {

/// A file of the input: one that came with the request, or a string that stands where the schema has a Path or File (`format: uri`, or an item or union member of
/// that kind) and begins with `http://`, `https://` or `data:` (letter case ignored).
struct file_value {
  std::string pointer;   // JSON pointer from the input's root: "/image", "/images/0"
  byte_range at;         // of the string token, quotes included, in `prediction_request::body`
  std::string path{};    // of the file, if it came with the request: the token only stands for it then
};

enum webhook_event : uint8_t { webhook_start = 1, webhook_output = 2, webhook_logs = 4, webhook_completed = 8 };

/// A create request: the body as it came in, and where things are in it.
struct prediction_request {
  std::string body;
  memory_lease memory;    // of the body
  std::string id;         // the client's, if `has_id`
  std::string owned_id;   // with the name of the API key it was made with, see owned_id.hpp; empty: there are no keys
  uint64_t owner_limit = 0;   // of predictions of this owner in flight; 0: none
  uint64_t source = 0;        // the version of the source by whose document it was checked
  bool has_id = false;
  bool put = false;   // the id is the path's; set by the HTTP side, like the next
  bool training = false;
  bool respond_async = false;
  bool streamed = false;    // made by a client who follows its events
  bool any_model = false;   // its events may be followed though the model is not marked as streaming
  bool low = false;         // in the queue: of the class that goes after the other
  std::string fair_key;     // whose it is, where those who wait take turns (COG_FAIR_BY)
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::chrono::duration<double> time_limit{0};   // from its coming to the deadline; 0: it has none
  std::chrono::system_clock::time_point created;
  std::string traceparent;
  std::string tracestate;
  byte_range input;                        // length 0: `{}`
  byte_range context;                      // length 0: `{}`
  std::vector<file_value> files;           // ascending by place
  folder_ptr uploads;                      // where those lie that came with the request; null: there are none
  std::string webhook;                     // empty: none
  uint8_t webhook_events = 15;             // of `webhook_event`
  std::vector<input_error> errors;         // the schema's verdict; empty: valid
  std::vector<std::string> unknown_keys;   // the first 32 of the input, in its order; for a warning in the log

  const std::string& known_as() const { return owned_id.empty() ? id : owned_id; }
  std::string_view input_json() const {
    return input.length == 0 ? std::string_view{"{}"} : std::string_view{body}.substr(input.offset, input.length);
  }
  std::string_view context_json() const {
    return context.length == 0 ? std::string_view{"{}"} : std::string_view{body}.substr(context.offset, context.length);
  }
  bool has_deadline() const { return time_limit.count() > 0; }
  /// By the clock on the wall; meaningless without a deadline.
  std::chrono::system_clock::time_point deadline_time() const {
    return created + std::chrono::duration_cast<std::chrono::system_clock::duration>(time_limit);
  }
};

/// Why a body is no create request at all. `malformed`: no JSON (400); else JSON of the wrong shape (422). The text is
/// the whole answer, prefix included (http-api section 4).
struct body_error {
  bool malformed = false;
  std::string message;
};

/// Parses and validates in one walk over every byte. `schema` may be null: then nothing in the input is checked and no
/// file values are found. On success `request` is filled and its `body` is the text that was given; the string may be
/// reallocated to give simdjson its padding.
std::optional<body_error> parse_request(std::string body, const input_schema* schema, prediction_request& request);

/// The files that came with the request join those that its input names.
void add_uploads(std::vector<file_value> uploads, folder_ptr folder, prediction_request& request);

}   // namespace cog
