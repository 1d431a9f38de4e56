#pragma once
#include "http/response.hpp"
#include "prediction/answer.hpp"
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cog {

class http_request;

/// Bytes of a file, as a `Range` field asks for them.
struct file_part {
  uint64_t offset = 0;
  uint64_t size = 0;   // 0: what was asked for lies beyond the end
};

/// None: the field asks for nothing that could be understood, or for several parts, so the file is sent whole.
std::optional<file_part> read_range(std::string_view field, uint64_t size);

/// What a browser is told of a file's name, and that it is to save the file rather than show it if it could be a script.
std::string content_disposition(std::string_view name, std::string_view mime);

struct file_answer {
  http_response response;
  answer_text body;
};

/// The answer to a GET or HEAD of an output file: whole, in part, or that it has not changed. `tag` names this content
/// and no other. The answer refers to the file's media type.
file_answer make_file_answer(const output_file& file, const std::string& tag, const http_request& request);

/// The only file of an output that is nothing else, or a list of that one. Null: it is not so.
const output_file* only_file(const prediction_output& output);

/// The file as the answer to a create request, in place of JSON. The answer refers to the file's media type.
file_answer make_raw_answer(const output_file& file, const prediction_snapshot& result);

}   // namespace cog
