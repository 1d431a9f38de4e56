#include "http/bodies.hpp"
#include "http/connection.hpp"
#include "http/status_map.hpp"
#include "io/log.hpp"
#include "prediction/answer.hpp"
#include <chrono>
#include <spdlog/fmt/fmt.h>

namespace cog {

namespace {

constexpr std::chrono::seconds driver_limit{2};   // a driver that does not answer delays nothing else

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

bool is_set_up(health_status status) {
  return status == health_status::ready || status == health_status::busy || status == health_status::unhealthy;
}

}   // namespace

route_match connection::find_route() const {
  return match_route(request_->method, request_->target, settings_->config.keep_results > 0);
}

void connection::handle() {
  route_ = find_route();
  switch (route_.where) {
    case route::none:
      return refuse_route();
    case route::predictions:
    case route::prediction:
    case route::trainings:
    case route::training:
      return create();
    case route::cancel_prediction:
    case route::cancel_training:
      return cancel_by_id();
    case route::kept_predictions:
      return answer_list();
    case route::kept_prediction:
      return answer_kept();
    case route::health_check:
      return answer_health();
    case route::livez:
      return answer_probe(false);
    case route::readyz:
      return answer_probe(true);
    case route::openapi:
      return answer_openapi();
    case route::metrics:
      return answer_metrics();
    case route::index:
      return answer_index();
    case route::shutdown:
      send(settings_->stopper, atom::shutdown_v);
      return respond(json_response(200, "{}"));
  }
}

void connection::refuse_route() {
  if (route_.allow.empty())
    return respond(text_response(404, {}));
  auto response = text_response(405, {});
  response.more_headers.push_back("allow: " + std::string{route_.allow});
  respond(std::move(response));
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
  auto body = request_->has_content_type ? std::move(request_->body) : std::string{"{}"};
  if (auto error = parse_request(std::move(body), schema, *prediction))
    return respond(text_response(error->malformed ? 400 : 422, std::move(error->message)));
  follows_ = wants_stream();
  if (follows_ && training)
    return respond(json_response(406, error_body("Training endpoints do not support streaming responses.")));
  prediction->training = training;
  prediction->streamed = follows_;
  prediction->respond_async = !follows_ && request_->prefer == "respond-async";
  prediction->created = std::chrono::system_clock::now();
  prediction->traceparent = request_->traceparent;
  prediction->tracestate = request_->tracestate;
  if (route_.where == route::prediction || route_.where == route::training) {
    if (prediction->has_id && prediction->id != route_.id)
      return respond(json_response(422, id_mismatch_body(training ? "training" : "prediction")));
    prediction->put = true;
    prediction->id = route_.id;
  } else if (!prediction->errors.empty() && !follows_) {
    return respond(json_response(422, detail_body(prediction->errors)));
  } else if (!prediction->has_id) {
    prediction->id = make_id();
  }
  if (!prediction->unknown_keys.empty()) {
    auto keys = fmt::format("{}", fmt::join(prediction->unknown_keys, ","));
    write_log(log_target::http, log_level::warn, "Stripped unknown input fields",
              {{"prediction_id", prediction->id}, {"fields", keys}});
  }
  submit(std::move(prediction));
}

void connection::submit(request_ptr prediction) {
  prediction_ = std::move(prediction);
  request(settings_->router, caf::infinite, atom::run_v, prediction_, follows_ ? as_follower() : follower_actor{})
    .then(
      [this](const snapshot_ptr& result) {
        if (!follows_)
          answer_result(result);
        else if (is_terminal(result->status))
          follow_kept(result);
        else
          begin_stream();
      },
      [this](const caf::error& error) { answer_error(error); });
}

void connection::answer_result(const snapshot_ptr& result) {
  result_ = result;
  bool ended = is_terminal(result->status);
  bool accepted = result->status == prediction_status::starting && result->input.empty();
  auto body = ended ? final_answer(*result) : accepted ? accepted_answer(*result) : state_answer(*result);
  http_response response;
  response.status = ended ? 200 : 202;
  respond(response, std::move(body));
}

void connection::answer_error(const caf::error& error) {
  follows_ = false;
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

/// Nothing runs any more: the stream is the end alone.
void connection::follow_kept(const snapshot_ptr& result) {
  auto end = std::make_shared<prediction_event>();
  end->what = prediction_event::kind::completed;
  end->end = result;
  on_event(end);
}

void connection::answer_kept() {
  if (route_.bad_id)
    return respond(text_response(400, "Invalid URL: Invalid UTF-8 in `id`"));
  request(settings_->router, caf::infinite, atom::find_v, route_.id)
    .then(
      [this](const snapshot_ptr& result) {
        result_ = result;
        respond(http_response{}, kept_answer(*result));
      },
      [this](const caf::error& error) { answer_error(error); });
}

void connection::answer_list() {
  request(settings_->router, caf::infinite, atom::find_v)
    .then([this](const std::vector<snapshot_ptr>& results) { respond(json_response(200, list_body(results))); },
          [this](const caf::error& error) { answer_error(error); });
}

void connection::answer_metrics() {
  request(settings_->router, caf::infinite, atom::metrics_v)
    .then(
      [this](const std::string& pool) {
        request(settings_->mailroom, caf::infinite, atom::metrics_v)
          .then([this, pool](const std::string& webhooks) { answer_metrics_with_devices(pool + webhooks); },
                [this](const caf::error& error) { answer_error(error); });
      },
      [this](const caf::error& error) { answer_error(error); });
}

void connection::answer_metrics_with_devices(const std::string& text) {
  request(settings_->devices, driver_limit, atom::metrics_v)
    .then([this, text](const std::string& devices) { answer_metrics(text + devices); },
          [this, text](const caf::error&) { answer_metrics(text); });
}

void connection::answer_metrics(const std::string& text) {
  auto response = json_response(200, text + settings_->counters->text());
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
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
    .then(
      [this](const health_ptr& health) {
        if (auto& file = settings_->config.ready_file; !file.empty() && is_set_up(health->status))
          send(settings_->files, atom::touch_v, file);
        respond(json_response(200, health_body(*health)));
      },
      [this](const caf::error& error) { answer_error(error); });
}

void connection::answer_probe(bool ready) {
  request(settings_->router, caf::infinite, atom::check_v)
    .then(
      [this, ready](const health_ptr& health) {
        auto state = health->status;
        bool good = ready ? !closing_ && (state == health_status::ready || state == health_status::busy)
                          : state != health_status::setup_failed && state != health_status::defunct;
        respond(json_response(good ? 200 : 503, probe_body(*health)));
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
    .then(
      [this](const document_ptr& document) {
        auto answer = [this, training = document && document->training](const device_report& devices) {
          respond(json_response(200, index_body(training, devices)));
        };
        request(settings_->devices, driver_limit, atom::inventory_v)
          .then([answer](const device_report_ptr& devices) { answer(*devices); },
                [answer](const caf::error&) { answer({}); });
      },
      [this](const caf::error& error) { answer_error(error); });
}

}   // namespace cog
