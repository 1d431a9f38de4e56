#include "http/dialects/dialect_error.hpp"
#include "actors/errc.hpp"
#include "json/json_writer.hpp"
#include <array>

namespace cog {

namespace {

struct fault_row {
  dialect_fault fault;
  std::string_view code;                                      // of OpenAI
  std::string_view type;                                      // likewise
  std::string_view kind;                                      // of Hugging Face
  std::string_view title;                                     // of Replicate
  unsigned openai, plain, platform, huggingface, replicate;   // statuses; `platform`: SageMaker and Azure
  bool again;                                                 // whether OpenAI's clients may send it again
};

constexpr std::string_view invalid = "invalid_request_error";
constexpr std::string_view server = "server_error";

constexpr std::array rows{
  fault_row{dialect_fault::malformed, "invalid_body", invalid, "validation", "Bad request", 400, 400, 400, 422, 400,
            false},
  fault_row{dialect_fault::bad_input, "invalid_value", invalid, "validation", "Input validation failed", 400, 400, 400,
            422, 422, false},
  fault_row{dialect_fault::unsupported, "unsupported_by_model", invalid, "validation", "Not supported by this model",
            400, 400, 400, 422, 400, false},
  fault_row{dialect_fault::wrong_type, "unsupported_media_type", invalid, "validation", "Unsupported media type", 415,
            415, 415, 415, 415, false},
  fault_row{dialect_fault::too_large, "body_too_large", invalid, "validation", "Body too large", 413, 413, 413, 413,
            413, false},
  fault_row{dialect_fault::full, "rate_limit_exceeded", "rate_limit_exceeded", "overloaded", "Too many requests", 429,
            503, 503, 429, 429, true},
  fault_row{dialect_fault::not_ready, "not_ready", server, "overloaded", "Not ready", 503, 503, 503, 503, 503, true},
  fault_row{dialect_fault::dead, "model_unavailable", server, "generation", "Model unavailable", 503, 503, 503, 500,
            503, false},
  fault_row{dialect_fault::failed, "prediction_failed", server, "generation", "Prediction failed", 500, 500, 500, 424,
            500, false},
  fault_row{dialect_fault::timed_out, "timeout", server, "generation", "Prediction timed out", 500, 500, 500, 424, 500,
            false},
  fault_row{dialect_fault::canceled, "canceled", server, "incomplete_generation", "Prediction canceled", 500, 500, 500,
            424, 500, false},
  fault_row{dialect_fault::not_found, "not_found", invalid, "validation", "Not found", 404, 404, 404, 404, 404, false},
  fault_row{dialect_fault::wrong_method, "method_not_allowed", invalid, "validation", "Method not allowed", 405, 405,
            405, 405, 405, false},
  fault_row{dialect_fault::no_key, "invalid_api_key", "authentication_error", "validation", "Unauthenticated", 401, 401,
            401, 401, 401, false},
};

const fault_row& row_of(dialect_fault fault) {
  return rows.at(static_cast<size_t>(fault));
}

unsigned status_of(dialect which, const fault_row& row) {
  switch (which) {
    case dialect::openai:
      return row.openai;
    case dialect::kserve:
    case dialect::vertex:
      return row.plain;
    case dialect::sagemaker:
    case dialect::azure:
      return row.platform;
    case dialect::huggingface:
      return row.huggingface;
    case dialect::replicate:
      return row.replicate;
  }
  return row.plain;
}

void write_openai(json_writer& json, const fault_row& row, const dialect_error& error) {
  json.open("error", '{');
  json.text("message", error.message);
  json.text("type", row.type);
  if (error.param.empty())
    json.raw("param", "null");
  else
    json.text("param", error.param);
  json.text("code", row.code);
  json.close('}');
}

dialect_fault fault_of(errc code) {
  switch (code) {
    case errc::at_capacity:
    case errc::id_in_flight:
    case errc::too_slow:
    case errc::too_many_followers:
    case errc::owner_limit:
      return dialect_fault::full;
    case errc::not_ready:
    case errc::draining:
      return dialect_fault::not_ready;
    case errc::setup_failed:
    case errc::defunct:
      return dialect_fault::dead;
    case errc::invalid_input:
      return dialect_fault::bad_input;
    case errc::not_found:
      return dialect_fault::not_found;
    case errc::canceled:
      return dialect_fault::canceled;
    case errc::ok:
    case errc::not_streaming:
    case errc::download_failed:
    case errc::upload_failed:
    case errc::bad_data_url:
    case errc::file_failed:
    case errc::no_device:
    case errc::disk_full:
      return dialect_fault::failed;
  }
  return dialect_fault::failed;
}

}   // namespace

std::string error_text(dialect which, const dialect_error& error) {
  auto& row = row_of(error.fault);
  std::string body;
  json_writer json{body};
  json.open("", '{');
  if (which == dialect::openai) {
    write_openai(json, row, error);
  } else if (which == dialect::replicate) {
    json.text("title", row.title);
    json.text("detail", error.message);
    json.number("status", row.replicate);
    if (error.fault == dialect_fault::bad_input && !error.param.empty()) {
      json.open("invalid_fields", '[');
      json.text("", error.param);
      json.close(']');
    }
  } else {
    json.text("error", error.message);
    if (which == dialect::huggingface)
      json.text("error_type", row.kind);
  }
  json.close('}');
  return body;
}

http_response render_error(dialect which, const dialect_error& error) {
  auto& row = row_of(error.fault);
  auto response = json_response(status_of(which, row), error_text(which, error));
  auto wait = error.retry_after > 0 ? error.retry_after : uint64_t{row.again ? 1U : 0U};
  if (wait > 0)
    response.more_headers.push_back("retry-after: " + std::to_string(wait));
  if (which == dialect::openai && !row.again)
    response.more_headers.emplace_back("x-should-retry: false");
  return response;
}

std::string_view openai_code(dialect_fault fault) {
  return row_of(fault).code;
}

dialect_error error_of(const caf::error& error) {
  return {fault_of(code_of(error)), text_of(error), {}, retry_after_of(error)};
}

dialect_error error_of(const prediction_snapshot& ended) {
  dialect_error error;
  bool late = ended.error.starts_with("Prediction timed out after") || ended.error.starts_with("Deadline of");
  error.fault = late                              ? dialect_fault::timed_out
    : ended.status == prediction_status::canceled ? dialect_fault::canceled
                                                  : dialect_fault::failed;
  error.message = ended.error.empty() ? "The prediction was canceled" : ended.error;
  return error;
}

}   // namespace cog
