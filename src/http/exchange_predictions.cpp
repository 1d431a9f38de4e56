#include "http/dialects/dialect.hpp"
#include "http/exchange.hpp"
#include "http/ownership.hpp"
#include "http/file_answer.hpp"
#include "http/prediction_maker.hpp"
#include "http/request.hpp"
#include "io/log.hpp"
#include "json/json_tree.hpp"
#include "prediction/document_forms.hpp"
#include <spdlog/fmt/fmt.h>

namespace cog {

namespace {

constexpr auto only_predictions =
  "This server runs predictions only: trainings need a server started with --x-mode train";
constexpr auto only_trainings =
  "This server runs trainings only: predictions need a server started without --x-mode train";

}   // namespace

/// Vertex AI may have given its requests this path: they have `instances`.
bool exchange::is_vertex_create() {
  auto* row = find_vertex(request_.method, request_.target, rules_.config);
  json_error ignored;
  auto body = row ? parse_json(std::string_view{request_.body}, ignored) : std::nullopt;
  if (!body || !body->find("instances"))
    return false;
  dialect_ = row->make({request_, rules_, server_, client_}, *row, {});
  return true;
}

/// Answers what is refused whatever the body says.
bool exchange::refuse_create() {
  bool trains = rules_.config.mode == "train";
  if (is_training(match_.where) != trains)
    respond(json_response(404, error_body(trains ? only_trainings : only_predictions)));
  else if (match_.bad_id)
    refuse_id();
  else if (request_.has_content_type && !request_.is_json() && !is_upload())
    respond(text_response(415, std::string{only_json}));
  else if (rules_.outputs->is_full())
    respond(try_later_response("Too many results in memory (COG_MAX_OUTPUT_MEMORY); try again later"));
  else
    return false;
  return true;
}

void exchange::create() {
  if (request_.has_content_type && is_upload())
    return end_upload();
  if (!rules_.config.vertex_predict.empty() && is_vertex_create())
    return dialect_->handle();
  if (refuse_create())
    return;
  server_.ask_document(to<document_ptr, &exchange::create_with>());
}

void exchange::create_with(const document_ptr& document) {
  auto made = make_prediction(request_, match_, document.get(), rules_.config, received_ ? &*received_ : nullptr);
  if (auto refusal = std::get_if<http_response>(&made))
    return respond(std::move(*refusal));
  prediction_ = std::move(std::get<request_ptr>(made));
  follows_ = prediction_->streamed;
  if (refuse_wish(document))
    return;
  if (!prediction_->unknown_keys.empty() && rules_.counters->may_warn()) {
    auto keys = fmt::format("{}", fmt::join(prediction_->unknown_keys, ","));
    write_log(log_target::http, log_level::warn, "Stripped unknown input fields",
              {{"prediction_id", prediction_->id}, {"fields", keys}});
  }
  server_.run(prediction_, follows_, to<snapshot_ptr, &exchange::on_result>());
}

void exchange::on_result(const snapshot_ptr& result) {
  if (!follows_)
    answer_result(result);
  else if (is_terminal(result->status))
    follow_kept(result);
  else
    begin_stream();
}

/// Whoever wants a file and nothing else is told at once that the model makes none.
bool exchange::refuse_wish(const document_ptr& document) {
  constexpr size_t longest_without = 3;   // `*/*`, as most clients have it
  if (request_.accept.size() > longest_without && !follows_ && !prediction_->respond_async)
    wish_ = read_file_wish(request_.accept);
  if (!wish_ || wish_->takes_json || !document || output_may_be_file(document->json))
    return false;
  prediction_ = nullptr;
  respond(text_response(406, "The model's output is no file: ask for application/json"));
  return true;
}

/// In place of JSON.
bool exchange::answer_file_alone(const snapshot_ptr& result) {
  auto* file = only_file(result->output);
  if (result->status != prediction_status::succeeded || file == nullptr || !wish_->wants(file->mime))
    return false;
  auto [response, body] = make_raw_answer(*file, *result);
  client_.respond(response, std::move(body));
  return true;
}

void exchange::answer_result(const snapshot_ptr& result) {
  result_ = result;
  bool ended = is_terminal(result->status);
  if (wish_ && ended && answer_file_alone(result))
    return;
  bool accepted = result->status == prediction_status::starting && result->input.empty();
  auto links = links_to(*result);
  auto body = ended ? final_answer(*result, links) : accepted ? accepted_answer(*result) : state_answer(*result, links);
  http_response response;
  response.status = result->too_late ? 504 : ended ? 200 : 202;
  if (wish_ && ended && !wish_->takes_json && !result->too_late)
    response.status = result->status == prediction_status::succeeded ? 406 : 500;
  if (!links.base.empty())
    response.more_headers.emplace_back(links_header);
  client_.respond(response, std::move(body));
}

/// Nothing runs any more: the stream is the end alone.
void exchange::follow_kept(const snapshot_ptr& result) {
  result_ = result;
  auto end = std::make_shared<prediction_event>();
  end->what = prediction_event::kind::completed;
  end->end = result;
  on_event(end);
}

/// The answer of the router and the first event may come in either order.
void exchange::begin_stream(std::string run, std::optional<event_replay> before) {
  if (std::exchange(streams_, true))
    return;
  std::string links;
  if (links_files())
    links = link_base(prediction_id());
  client_.begin_stream({request_.version >= 11, {std::move(run), std::move(links)}, std::move(before)});
}

void exchange::on_event(const event_ptr& event) {
  if (dialect_)
    return dialect_->on_event(event);
  if (!follows_)
    return;
  begin_stream();
  client_.send_event(event);
}

void exchange::leave() {
  if (dialect_)
    return dialect_->leave();
  if (match_.where == route::prediction_events && follows_)
    return server_.detach(known_as(request_, match_.id));
  auto prediction = std::exchange(prediction_, nullptr);
  if (!prediction)
    return;
  if (follows_)
    server_.detach(prediction->known_as());
  else if (!prediction->respond_async)
    server_.cancel(prediction);
}

const std::string& exchange::prediction_id() const {
  if (dialect_)
    return dialect_->prediction_id();
  return prediction_ ? prediction_->id : result_ ? result_->id : match_.id;
}

void exchange::on_list(const std::vector<snapshot_ptr>& results) {
  if (!rules_.keys)
    return respond(json_response(200, list_body(results)));
  std::vector<snapshot_ptr> own;
  std::copy_if(results.begin(), results.end(), std::back_inserter(own),
               [this](auto& one) { return sees(request_, *one); });
  respond(json_response(200, list_body(own)));
}

void exchange::cancel_by_id() {
  if (refuse_id())
    return;
  server_.cancel(known_as(request_, match_.id), to<bool, &exchange::on_cancel>());
}

void exchange::on_cancel(const bool& found) {
  respond(json_response(found ? 200 : 404, "{}"));
}

}   // namespace cog
