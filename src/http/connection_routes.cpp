#include "http/bodies.hpp"
#include "http/connection.hpp"
#include "http/status_map.hpp"
#include "prediction/answer.hpp"
#include <chrono>
#include <spdlog/spdlog.h>

namespace cog {

namespace {

/// `pred_` and the nanoseconds since the epoch in hex; never the same twice on one thread.
std::string make_id() {
  thread_local uint64_t last = 0;
  auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch());
  last = std::max<uint64_t>(last + 1, now.count());
  std::string id = "pred_";
  for (int shift = 60; shift >= 0; shift -= 4)
    id += "0123456789abcdef"[(last >> shift) & 15];
  return id;
}

} // namespace

void connection::handle() {
  route_ = match_route(request_->method, request_->target);
  switch (route_.where) {
    case route::none:
      if (route_.allow.empty())
        return respond(text_response(404, {}));
      {
        auto response = text_response(405, {});
        response.more_headers.push_back("allow: " + std::string{route_.allow});
        return respond(std::move(response));
      }
    case route::predictions:
    case route::prediction:
    case route::trainings:
    case route::training:
      return create();
    case route::cancel_prediction:
    case route::cancel_training:
      return cancel_by_id();
    case route::health_check:
      return answer_health();
    case route::livez:
      return answer_probe(false);
    case route::readyz:
      return answer_probe(true);
    case route::openapi:
      return answer_openapi();
    case route::index:
      return answer_index();
    case route::shutdown:
      send(settings_->stopper, atom::shutdown_v);
      return respond(json_response(200, "{}"));
  }
}

void connection::create() {
  if (route_.bad_id)
    return respond(text_response(400, "Invalid URL: Invalid UTF-8 in `id`"));
  if (request_->has_content_type && !request_->is_json())
    return respond(text_response(415, "Expected request with `Content-Type: application/json`"));
  if (document_)
    return create_with(document_);
  request(settings_->router, caf::infinite, atom::document_v)
    .then(
      [this](const document_ptr& document) {
        document_ = document;
        create_with(document);
      },
      [this](const caf::error& error) { answer_error(error); });
}

void connection::create_with(const document_ptr& document) {
  bool training = route_.where == route::trainings || route_.where == route::training;
  auto schema = document ? document->schema_of(training) : nullptr;
  auto prediction = std::make_shared<prediction_request>();
  prediction->training = training;
  auto body = request_->has_content_type ? std::move(request_->body) : std::string{"{}"};
  if (auto error = parse_request(std::move(body), schema, *prediction))
    return respond(text_response(error->malformed ? 400 : 422, std::move(error->message)));
  if (!prediction->unknown_keys.empty())
    spdlog::warn("connection: unknown-inputs-dropped, keys={}", fmt::join(prediction->unknown_keys, ","));
  if (route_.where == route::prediction || route_.where == route::training) {
    if (prediction->has_id && prediction->id != route_.id)
      return respond(json_response(422, id_mismatch_body(training ? "training" : "prediction")));
    prediction->put = true;
    prediction->id = route_.id;
  } else if (!prediction->errors.empty()) {
    return respond(json_response(422, detail_body(prediction->errors)));
  } else if (!prediction->has_id) {
    prediction->id = make_id();
  }
  submit(std::move(prediction));
}

void connection::submit(request_ptr prediction) {
  prediction_ = std::move(prediction);
  request(settings_->router, caf::infinite, atom::run_v, prediction_)
    .then([this](const snapshot_ptr& result) { answer_result(result); },
          [this](const caf::error& error) { answer_error(error); });
}

void connection::answer_result(const snapshot_ptr& result) {
  prediction_ = nullptr;
  result_ = result;
  bool ended = is_terminal(result->status);
  auto body = ended ? final_answer(*result) : state_answer(*result);
  http_response response;
  response.status = ended ? 200 : 202;
  auto head = make_head(response, content_length(body), !closing_ && request_->keep_alive());
  respond(std::move(head), body_stream{std::move(body)});
}

void connection::answer_error(const caf::error& error) {
  auto prediction = std::exchange(prediction_, nullptr);
  auto code = code_of(error);
  if (code == errc::invalid_input && prediction)
    return respond(json_response(422, detail_body(prediction->errors)));
  auto [status, failed, retry_after] = status_of(code);
  if (code == errc::draining)
    closing_ = true;
  auto response = json_response(status, failed ? failed_body(text_of(error)) : error_body(text_of(error)));
  if (retry_after > 0)
    response.more_headers.push_back("retry-after: " + std::to_string(retry_after));
  respond(std::move(response));
}

void connection::cancel_by_id() {
  if (route_.bad_id)
    return respond(text_response(400, "Invalid URL: Invalid UTF-8 in `id`"));
  request(settings_->router, caf::infinite, atom::cancel_v, route_.id)
    .then([this](bool found) { respond(json_response(found ? 200 : 404, "{}")); },
          [this](const caf::error& error) { answer_error(error); });
}

void connection::answer_health() {
  request(settings_->router, caf::infinite, atom::check_v)
    .then([this](const health_ptr& health) { respond(json_response(200, health_body(*health))); },
          [this](const caf::error& error) { answer_error(error); });
}

void connection::answer_probe(bool ready) {
  request(settings_->router, caf::infinite, atom::check_v)
    .then(
      [this, ready](const health_ptr& health) {
        auto state = health->status;
        bool good = ready ? !closing_ && (state == health_status::ready || state == health_status::busy)
                          : state != health_status::setup_failed && state != health_status::defunct;
        respond(json_response(good ? 200 : 503, probe_body(state)));
      },
      [this](const caf::error& error) { answer_error(error); });
}

void connection::answer_openapi() {
  request(settings_->router, caf::infinite, atom::document_v)
    .then(
      [this](const document_ptr& document) {
        auto& text = document ? document->json : settings_->bundled_schema;
        if (text.empty())
          respond(json_response(503, error_body("OpenAPI schema not available")));
        else
          respond(json_response(200, text));
      },
      [this](const caf::error& error) { answer_error(error); });
}

void connection::answer_index() {
  request(settings_->router, caf::infinite, atom::document_v)
    .then([this](const document_ptr& document) { respond(json_response(200, index_body(document && document->training))); },
          [this](const caf::error& error) { answer_error(error); });
}

} // namespace cog
