#include "prediction/request.hpp"
#include "prediction/request_reader.hpp"
#include <algorithm>
#include <iterator>
#include <new>
#include <simdjson.h>

namespace cog {

namespace {

constexpr std::string_view parse_prefix = "Failed to parse the request body as JSON: ";
constexpr std::string_view shape_prefix = "Failed to deserialize the JSON body into the target type: ";

/// Bodies bigger than this give simdjson's buffers back afterwards; the index alone can be four times the body.
constexpr size_t kept_capacity = 1 << 20;

bool read_body(simdjson::ondemand::parser& parser, request_reader& reader, const std::string& body) {
  simdjson::ondemand::document document;
  simdjson::ondemand::object root;
  const char* rest = nullptr;
  auto error = parser.iterate(body.data(), body.size(), body.capacity()).get(document);
  if (error == simdjson::MEMALLOC)   // no fault of the body
    throw std::bad_alloc{};
  return !error && !document.get_object().get(root) && reader.read(root) &&
    document.current_location().get(rest) == simdjson::OUT_OF_BOUNDS;
}

/// Why the body could not be read: no JSON, or no object.
body_error explain(std::string_view body) {
  json_error error;
  auto value = parse_json(body, error);
  if (!value)
    return {true, std::string{parse_prefix} + error};
  return {false, std::string{shape_prefix} + wrong_type(*value, "struct PredictionRequest", body)};
}

}   // namespace

std::optional<body_error> parse_request(std::string body, const input_schema* schema, prediction_request& request) {
  thread_local simdjson::ondemand::parser parser;
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  request = {};
  request.body = std::move(body);
  request_reader reader{request, schema};
  auto sound = read_body(parser, reader, request.body);
  if (request.body.size() > kept_capacity)
    parser = simdjson::ondemand::parser{};
  if (!sound)
    return explain(request.body);
  if (!reader.problem().empty())
    return body_error{false, std::string{shape_prefix} + reader.problem()};
  return std::nullopt;
}

void add_uploads(std::vector<file_value> uploads, folder_ptr folder, prediction_request& request) {
  auto& files = request.files;
  std::move(uploads.begin(), uploads.end(), std::back_inserter(files));
  std::sort(files.begin(), files.end(), [](auto& left, auto& right) { return left.at.offset < right.at.offset; });
  request.uploads = std::move(folder);
}

}   // namespace cog
