#include "http/prediction_maker.hpp"
#include "actors/input_files.hpp"
#include "http/request.hpp"
#include "io/memory_reserve.hpp"
#include "prediction/answer.hpp"
#include "prediction/duration.hpp"
#include "prediction/form.hpp"
#include "prediction/local_paths.hpp"
#include "prediction/owned_id.hpp"
#include "prediction/prediction_id.hpp"
#include <new>
#include <optional>

namespace cog {

namespace {

/// Reads the body, and checks what the schema says of it.
std::optional<body_error> read_body(std::string body, const input_schema* schema, bool only_urls, received_form* form,
                                    prediction_request& prediction) {
  refusable_memory refusable;
  if (auto error = parse_request(std::move(body), schema, prediction))
    return error;
  if (form)
    add_uploads(std::move(form->files), std::move(form->folder), prediction);
  check_data_urls(prediction);
  if (only_urls && schema)
    for (auto& error : find_local_paths(*schema, prediction))
      prediction.errors.push_back(std::move(error));
  return {};
}

/// By when it is to end, and where it stands among those who wait. What is wrong with the header that says so; null: nothing.
const char* read_scheduling(const http_request& request, const server_config& config, prediction_request& prediction) {
  using clock = std::chrono::steady_clock;
  if (!request.cancel_after.empty()) {
    auto limit = read_duration(request.cancel_after);
    if (!limit)
      return "Cancel-After must be a positive time such as 90 (seconds), 90s, 5m, 1h30m or 500ms";
    prediction.time_limit = *limit;
    prediction.deadline = request.cancel_after_read + *limit;
  } else if (config.default_deadline.count() > 0) {
    prediction.time_limit = config.default_deadline;
    prediction.deadline = clock::now() + std::chrono::duration_cast<clock::duration>(config.default_deadline);
  }
  if (request.priority.empty())
    prediction.low = prediction.respond_async && config.async_priority == "low";
  else if (request.priority == "low" || request.priority == "normal")
    prediction.low = request.priority == "low";
  else
    return "Cog-Priority must be normal or low";
  if (!request.fair_key.empty())
    prediction.fair_key = request.fair_key;
  return nullptr;
}

void take_trace(const http_request& request, prediction_request& prediction) {
  prediction.created = std::chrono::system_clock::now();
  prediction.traceparent = request.traceparent;
  prediction.tracestate = request.tracestate;
}

/// Once it has its id.
void take_owner(const http_request& request, prediction_request& prediction) {
  if (!request.owner.empty())
    prediction.owned_id = owned_id(request.owner, prediction.id);
  prediction.owner_limit = request.owner_limit;
}

}   // namespace

made_in_dialect make_prediction_of(std::string body, http_request& request, const model_document& document,
                                   const server_config& config) {
  auto prediction = std::make_shared<prediction_request>();
  if (auto error = read_body(std::move(body), document.input.get(), config.forbid_private_urls, nullptr, *prediction))
    return text_response(error->malformed ? 400 : 422, std::move(error->message));
  prediction->memory = request.memory.another(prediction->body.size());
  prediction->source = document.source;
  if (auto* problem = read_scheduling(request, config, *prediction))
    return text_response(400, problem);
  take_trace(request, *prediction);
  prediction->id = make_prediction_id();
  take_owner(request, *prediction);
  return prediction;
}

bool is_training(route where) {
  return where == route::trainings || where == route::training;
}

made_prediction make_prediction(http_request& request, const route_match& match, const model_document* document,
                                const server_config& config, received_form* form) {
  bool training = is_training(match.where);
  auto prediction = std::make_shared<prediction_request>();
  auto body = form ? std::move(form->body) : request.has_content_type ? std::move(request.body) : std::string{"{}"};
  try {
    auto schema = document ? document->schema_of(training) : nullptr;
    if (auto error = read_body(std::move(body), schema, config.forbid_private_urls, form, *prediction))
      return text_response(error->malformed ? 400 : 422, std::move(error->message));
  } catch (const std::bad_alloc&) {
    return out_of_memory_response();
  }
  prediction->memory = std::move(form ? form->memory : request.memory);
  prediction->source = document ? document->source : 0;
  prediction->training = training;
  prediction->streamed = request.accepts_event_stream();
  prediction->respond_async = !prediction->streamed && request.prefer == "respond-async";
  if (auto* problem = read_scheduling(request, config, *prediction))
    return text_response(400, problem);
  take_trace(request, *prediction);
  prediction->put = match.where == route::prediction || match.where == route::training;
  if (prediction->streamed && training)
    return json_response(406, error_body("Training endpoints do not support streaming responses."));
  if (prediction->put) {
    if (prediction->has_id && prediction->id != match.id)
      return json_response(422, id_mismatch_body(training ? "training" : "prediction"));
    prediction->id = match.id;
  } else if (!prediction->errors.empty() && !prediction->streamed) {
    return json_response(422, detail_body(prediction->errors));
  } else if (!prediction->has_id) {
    prediction->id = make_prediction_id();
  }
  take_owner(request, *prediction);
  return prediction;
}

made_prediction make_wish(const http_request& request, const route_match& match, const server_config& config) {
  auto wish = std::make_shared<prediction_request>();
  wish->put = match.where == route::prediction || match.where == route::training;
  wish->id = match.id;
  take_owner(request, *wish);
  wish->respond_async = request.prefer == "respond-async";
  if (auto* problem = read_scheduling(request, config, *wish))
    return text_response(400, problem);
  return wish;
}

}   // namespace cog
