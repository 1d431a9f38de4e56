#include "http/exchange.hpp"
#include "http/bodies.hpp"
#include "http/dialects/dialect.hpp"
#include "http/dialects/models.hpp"
#include "http/host.hpp"
#include "http/request.hpp"
#include "http/status_map.hpp"
#include "prediction/document_forms.hpp"
#include <algorithm>

namespace cog {

namespace {

bool is_set_up(health_status status) {
  return status == health_status::ready || status == health_status::busy || status == health_status::unhealthy;
}

/// Whether the query says so.
bool has_parameter(std::string_view target, std::string_view parameter) {
  auto query = target.substr(std::min(target.find('?'), target.size()));
  for (auto at = query.find(parameter); at != query.npos; at = query.find(parameter, at + 1))
    if (auto end = query.substr(at + parameter.size());
        (query[at - 1] == '?' || query[at - 1] == '&') && (end.empty() || end.front() == '&'))
      return true;
  return false;
}

}   // namespace

exchange::exchange(http_request& request, const http_rules& rules, services& server, exchange_client& client)
  : request_{request},
    rules_{rules},
    server_{server},
    client_{client},
    match_{match_route(request.method, request.target, rules.config.keep_results > 0)} {
  bool vertex = !rules.config.vertex_predict.empty() || !rules.config.vertex_health.empty();
  if (match_.where == route::none || vertex)
    find_dialect_call();
  if (!rules.config.cors_origins.empty())
    share();
}

exchange::~exchange() = default;

void exchange::find_dialect_call() {
  if (match_.where == route::none && !match_.allow.empty() && request_.is_done() &&
      request_.body_size == 0)   // `POST /` without a body
    return;
  dialect_scene scene{request_, rules_, server_, client_};
  dialect_match found;
  found.row = find_vertex(request_.method, request_.target, rules_.config);
  if (match_.where == route::predictions)
    found.row = nullptr;
  if (!found.row && match_.where != route::none)
    return;
  if (!found.row)
    found = find_dialect(request_.method, request_.target, api_or_default(rules_.config.api));
  if (found.row) {
    dialect_ = found.row->make(scene, *found.row, std::move(found.words));
    dialect_row_ = found.row;
  } else if (!found.allow.empty() && match_.allow.empty()) {
    dialect_ = make_wrong_method(scene, found);
    match_.allow = found.allow;
  }
  if (dialect_)
    match_.where = route::dialect;
}

bool exchange::is_create() const {
  return match_.where == route::predictions || match_.where == route::prediction || match_.where == route::trainings ||
    match_.where == route::training;
}

bool exchange::keeps_body() const {
  return match_.where == route::dialect || (is_create() && request_.is_json());
}

bool exchange::is_refused_place() const {
  return client_.is_spare() && match_.where != route::health_check && match_.where != route::livez &&
    match_.where != route::readyz;
}

void exchange::begin() {
  if (is_refused_place())
    return handle();
  if (refuse_key())
    return;
  if (is_upload())
    return begin_upload();
  if (refuse_length())
    return;
  request_.keep_body = keeps_body();
  if (!request_.keep_body)
    std::string{}.swap(request_.body);
  if (!request_.expects_continue)
    return;
  if (is_create() && request_.has_content_type && !request_.is_json())
    return handle();
  client_.send_continue();
}

void exchange::handle() {
  if (is_refused_place())
    return respond(try_later_response("Too many connections; try again later"));
  if (refuse_page() || answer_preflight() || refuse_key())
    return;
  switch (match_.where) {
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
      return server_.list(to<std::vector<snapshot_ptr>, &exchange::on_list>());
    case route::kept_prediction:
      return answer_kept();
    case route::prediction_events:
      return watch();
    case route::prediction_file:
      return answer_file();
    case route::health_check:
      return server_.ask_health(to<health_ptr, &exchange::on_health>());
    case route::livez:
    case route::readyz:
      return server_.ask_health(to<health_ptr, &exchange::on_probe>());
    case route::openapi:
      return server_.ask_document(to<document_ptr, &exchange::on_openapi>());
    case route::metrics:
      return server_.ask_metrics(to<std::string, &exchange::on_metrics>());
    case route::status:
      return answer_page() ? void() : server_.ask_status(to<server_status, &exchange::on_status>());
    case route::docs:
    case route::page_file:
      return answer_page() ? void() : refuse_route();
    case route::index:
      if (answer_page())
        return;
      return server_.ask_document(to<document_ptr, &exchange::on_index>());
    case route::shutdown:
      return shut_down();
    case route::dialect:
      return dialect_->handle();
  }
}

void exchange::respond(http_response response) {
  // The rest of a body that was refused is not read.
  response.close = response.close || !request_.is_done();
  answer_text body;
  if (!response.body.empty())
    body.emplace_back(std::move(response.body));
  client_.respond(response, std::move(body));
}

void exchange::on_error(const caf::error& error) {
  follows_ = false;
  auto prediction = std::exchange(prediction_, nullptr);
  auto code = code_of(error);
  if (code == errc::owner_limit && refuse_limited(error))
    return;
  if (code == errc::invalid_input && prediction)
    return respond(json_response(422, prediction->errors.empty() ? text_of(error) : detail_body(prediction->errors)));
  auto [status, failed, retry_after] = status_of(code);
  auto response = json_response(status, failed ? failed_body(text_of(error)) : error_body(text_of(error)));
  response.close = code == errc::draining;
  if (auto said = retry_after_of(error); said > 0)
    retry_after = static_cast<unsigned>(said);
  if (retry_after > 0)
    response.more_headers.push_back("retry-after: " + std::to_string(retry_after));
  respond(std::move(response));
}

/// Of a body that is no upload, though its type might be one.
bool exchange::refuse_length() {
  auto most = rules_.config.max_body_bytes;
  request_.body_limit(most);
  if (request_.content_length().value_or(0) <= most)
    return false;
  respond(text_response(413, std::string{too_long}));
  return true;
}

/// Answers what a page in some browser must not ask for: the rules of docs/http.md, "Web pages".
bool exchange::refuse_page() {
  auto& allowed = rules_.config.allowed_hosts;
  if (!allowed.empty() && !request_.host.empty() && !is_allowed_host(request_.host, allowed)) {
    respond(text_response(421, "The host `" + request_.host + "` is none of COG_ALLOWED_HOSTS"));
    return true;
  }
  // Of the requests that change something, browsers send these without asking first.
  bool unasked = match_.where == route::shutdown ||
    (match_.where == route::dialect && request_.method == "POST" && !request_.is_json()) ||
    ((!request_.has_content_type || request_.is_form()) &&
     (match_.where == route::predictions || match_.where == route::trainings));
  if (!unasked || is_shared() || !is_cross_site(request_.sec_fetch_site, request_.origin, request_.host))
    return false;
  respond(text_response(403, "A web page of another site may not do this"));
  return true;
}

void exchange::refuse_route() {
  if (match_.allow.empty())
    return respond(text_response(404, {}));
  auto response = text_response(405, {});
  response.more_headers.push_back("allow: " + std::string{match_.allow});
  respond(std::move(response));
}

bool exchange::refuse_id() {
  if (match_.bad_id)
    respond(text_response(400, "Invalid URL: Invalid UTF-8 in `id`"));
  return match_.bad_id;
}

void exchange::on_health(const health_ptr& health) {
  if (auto& file = rules_.config.ready_file; !file.empty() && is_set_up(health->status))
    server_.touch(file);
  respond(json_response(200, may_read() ? health_body(*health) : probe_body(*health)));
}

void exchange::on_probe(const health_ptr& health) {
  auto state = health->status;
  bool runs = state == health_status::ready || state == health_status::busy;
  bool mends = state != health_status::setup_failed && state != health_status::defunct;
  bool good = match_.where == route::readyz ? runs && !client_.is_closing() : mends;
  respond(json_response(good ? 200 : 503, probe_body(*health)));
}

void exchange::on_openapi(const document_ptr& document) {
  auto& text = document ? document->json : rules_.bundled_schema;
  if (document && has_parameter(request_.target, "forms=1"))
    respond(json_response(200, document_with_forms(*document)));
  else if (text.empty())
    respond(json_response(503, error_body("OpenAPI schema not available")));
  else
    respond(json_response(200, text));
}

/// The page and its files, for those who want them. False: there is no page, or the client wants JSON.
bool exchange::answer_page() {
  auto& page = rules_.page;
  if (!wants_page())
    return false;
  page_request wanted{request_.target, request_.accept_encoding, request_.if_none_match};
  bool is_file = match_.where == route::page_file;
  auto answer = is_file ? answer_page_file(page, wanted) : answer_document(page, wanted);
  auto response = json_response(answer.status, std::move(answer.body));
  response.content_type = answer.content_type;
  response.more_headers = std::move(answer.headers);
  respond(std::move(response));
  return true;
}

void exchange::on_index(const document_ptr& document) {
  document_ = document;
  server_.ask_devices(to<device_report_ptr, &exchange::on_devices>());
}

void exchange::on_devices(const device_report_ptr& devices) {
  auto* api = document_ ? document_->api.get() : nullptr;
  auto response = json_response(
    200, index_body(document_ && document_->training, *devices, api ? operations_text(*api) : std::string{}));
  if (rules_.page.mode != "off")
    response.more_headers.emplace_back("vary: Accept");
  respond(std::move(response));
}

void exchange::on_status(const server_status& status) {
  auto response = json_response(200, status_body(status, rules_, key_.get()));
  response.more_headers.emplace_back("cache-control: no-store");
  if (rules_.page.mode != "off")
    response.more_headers.emplace_back("vary: Accept");
  respond(std::move(response));
}

void exchange::on_metrics(const std::string& text) {
  auto response =
    json_response(200,
                  text + rules_.counters->text() + (rules_.keys ? rules_.keys->metrics() : std::string{}) +
                    memory_metrics(*rules_.bodies, *rules_.outputs) + process_metrics(rules_.config.reference));
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  respond(std::move(response));
}

void exchange::shut_down() {
  auto& who = rules_.config.shutdown;
  if (who == "off")
    return respond(text_response(404, {}));
  if (who == "local" && !client_.is_local())
    return respond(
      text_response(403, "POST /shutdown is for clients on the server's own machine (COG_SHUTDOWN=local)"));
  server_.shut_down();
  respond(json_response(200, "{}"));
}

}   // namespace cog
