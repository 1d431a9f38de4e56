#pragma once
#include "prediction/prediction.hpp"
#include "prediction/schema.hpp"
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cog {

/// Where `answer_text` has an output file, a JSON string stands: `data_url_prefix`, the file in base64, a quote.
using answer_piece = std::variant<std::string, text_slice, output_file, raw_file>;

/// Where the files of an output are to be fetched, in place of data URLs.
struct file_links {
  std::string_view base;   // in front of a file's number; nothing in it needs a JSON escape; empty: data URLs
  uint64_t first = 0;      // the number of the first file
};

/// An answer in the order it is written. A file's `at` has no meaning here.
using answer_text = std::vector<answer_piece>;

/// Appends `text`: a short one is copied, so that most answers are one string, a long one shared.
void append_slice(answer_text& answer, const text_slice& text);
/// The same with files in the places of their strings; `files` ascending.
void append_json(answer_text& answer, const shared_text& json, const std::vector<output_file>& files,
                 const file_links& links = {});
/// The string at the end of the answer, to be appended to.
std::string& tail_of(answer_text& answer);

/// `{"position":1,"estimated_wait_ms":450}`.
void append_place(std::string& text, const queue_place& place);

/// A finished prediction (http-api 9.1), the logs kept whatever its end.
answer_text final_answer(const prediction_snapshot& prediction, const file_links& links = {});

/// The state of a prediction at any time (http-api sections 9.3 and 10); with its input if the snapshot has one.
answer_text state_answer(const prediction_snapshot& prediction, const file_links& links = {});

/// What an asynchronous create is answered: `{"id":..,"status":"starting"}`.
answer_text accepted_answer(const prediction_snapshot& prediction);

/// A finished or running prediction as `GET /predictions/{id}` tells it: like the final answer, with its times.
answer_text kept_answer(const prediction_snapshot& prediction, const file_links& links = {});

/// `{"results":[{"id":..,"status":..,times},..]}`.
std::string list_body(const std::vector<snapshot_ptr>& predictions);

/// `"data:<mime>;base64,` with the quote.
std::string data_url_prefix(std::string_view mime);

/// Bytes of the whole answer, data URLs included.
uint64_t content_length(const answer_text& answer);

/// The body of a 422 for a bad input.
std::string detail_body(const std::vector<input_error>& errors);

/// The body of a 422 for an id that differs from the one in the path; `noun` is "prediction" or "training".
std::string id_mismatch_body(std::string_view noun);

/// `{"error":<text>}`, with `"status":"failed"` if the prediction could not be made.
std::string error_body(std::string_view text);
std::string failed_body(std::string_view text);

}   // namespace cog
