#include "http/dialects/prediction_call.hpp"
#include "http/prediction_maker.hpp"
#include "http/request.hpp"
#include "prediction/schema.hpp"
#include <algorithm>
#include <new>

namespace cog {

namespace {

constexpr size_t most_items = 256;

http_response with_id(http_response response, const std::string& id) {
  if (!id.empty())
    response.more_headers.push_back("x-request-id: " + id);
  return response;
}

dialect_error as_error(const std::vector<input_error>& errors) {
  auto& first = errors.front();
  dialect_error error;
  error.param = first.field == "__root__" ? "" : first.field.substr(0, first.field.find('/'));
  if (first.type == "value_error.missing" || first.message.find("required property") != std::string::npos) {
    error.fault = dialect_fault::unsupported;
    auto name = error.param.empty() ? first.message : "`" + error.param + "`";
    error.message =
      "This model needs an input that this request did not carry (" + name + "): send it as a field of the same name";
    return error;
  }
  for (auto& one : errors)
    error.message +=
      (error.message.empty() ? "" : "; ") + (one.field == "__root__" ? "" : one.field + ": ") + one.message;
  return error;
}

bool is_visible(const std::string& text) {
  return !text.empty() &&
    std::all_of(text.begin(), text.end(), [](char letter) { return letter >= ' ' && letter < 127; });
}

/// What SageMaker makes of an error of its container.
http_response as_model_error(const http_response& inner) {
  auto status = std::to_string(inner.status);
  auto outer =
    json_response(424,
                  "{\"Message\":" + quoted("The model has answered " + status) + ",\"OriginalStatusCode\":" + status +
                    ",\"OriginalMessage\":" + quoted(inner.body) + "}");
  outer.more_headers.emplace_back("x-amzn-errortype: ModelError");
  return outer;
}

}   // namespace

std::string public_url(const http_request& request, const server_config& config) {
  if (!config.public_url.empty())
    return config.public_url;
  auto scheme = request.forwarded_proto == "https" ? "https://" : "http://";
  return scheme + (request.forwarded_host.empty() ? request.host : request.forwarded_host);
}

void prediction_call::handle() {
  if (scene_.rules.config.mode == "train")
    return refuse({dialect_fault::not_found, "This server runs trainings only", {}});
  if (scene_.rules.outputs->is_full())
    return refuse(
      {dialect_fault::not_ready, "Too many results in memory (COG_MAX_OUTPUT_MEMORY); try again later", {}});
  scene_.server.ask_document({this, &prediction_call::take_document});
}

void prediction_call::on_error(const caf::error& error) {
  refuse(error_of(error));
}

void prediction_call::take_document(asker& to, const document_ptr& document) {
  static_cast<prediction_call&>(to).plan_with(document);
}

void prediction_call::plan_with(const document_ptr& document) {
  if (!document || !document->api)
    return refuse({dialect_fault::not_ready, "The model is not loaded yet", {}});
  api_ = document->api;
  try {
    plan_maker maker{which_, scene_, words_, *api_};
    map_(maker);
    if (!maker.error && maker.plan.inputs.size() > most_items)
      maker.bad("At most " + std::to_string(most_items) + " inputs in one request");
    if (maker.error)
      return refuse(*maker.error);
    plan_ = std::move(maker.plan);
    if (!make_items(document))
      return;
  } catch (const std::bad_alloc&) {
    return refuse({dialect_fault::not_ready, "The server is out of memory; try again later", {}});
  }
  if (plan_.inputs.empty())
    return finish();
  give_facts();
  start_more();
}

/// False: it is answered.
bool prediction_call::make_items(const document_ptr& document) {
  for (auto& input : plan_.inputs) {
    auto body = "{\"input\":" + input + (plan_.context.empty() ? "" : ",\"context\":" + plan_.context) + "}";
    auto request = make_request(std::move(body), *document);
    if (!request)
      return false;
    waiting_.push_back(&items_.emplace_back(*this, std::move(request)));
  }
  std::string{}.swap(scene_.request.body);
  return true;
}

/// Null: it is answered.
request_ptr prediction_call::make_request(std::string body, const model_document& document) {
  auto made = make_prediction_of(std::move(body), scene_.request, document, scene_.rules.config);
  if (auto refusal = std::get_if<http_response>(&made)) {
    refuse({dialect_fault::bad_input, refusal->body, {}});
    return nullptr;
  }
  auto prediction = std::move(std::get<std::shared_ptr<prediction_request>>(made));
  if (!prediction->errors.empty()) {
    refuse(as_error(prediction->errors));
    return nullptr;
  }
  prediction->streamed = plan_.streams;
  prediction->any_model = true;
  return prediction;
}

void prediction_call::give_facts() {
  auto& first = items_.front().request;
  call_facts facts;
  facts.which = which_;
  facts.id = first->id;
  facts.created =
    static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(first->created.time_since_epoch()).count());
  facts.model = api_or_default(scene_.rules.config.api).name;
  facts.public_url = public_url(scene_.request, scene_.rules.config);
  facts.api = api_;
  facts.stop = [&server = scene_.server, first] { server.cancel(first); };
  plan_.answer->set_facts(std::move(facts));
}

void prediction_call::start_more() {
  while (!waiting_.empty() && running_ < most_ && !failure_) {
    auto* next = waiting_.front();
    waiting_.pop_front();
    start(*next);
  }
  if (running_ == 0 && !streams_)
    finish();
}

void prediction_call::start(item& item) {
  item.running = true;
  ++running_;
  scene_.server.run(item.request, plan_.streams, {&item, &prediction_call::take_result});
}

void prediction_call::take_result(asker& to, const snapshot_ptr& result) {
  auto& found = static_cast<item&>(to);
  found.owner.on_item_result(found, result);
}

/// What a full server refuses waits for one of its own list to end.
void prediction_call::on_item_error(item& item, const caf::error& failure) {
  item.running = false;
  --running_;
  if (code_of(failure) == errc::at_capacity && running_ > 0 && !failure_) {
    waiting_.push_front(&item);
    most_ = std::max<size_t>(running_, 1);
    return;
  }
  give_up(error_of(failure));
}

void prediction_call::on_item_result(item& item, const snapshot_ptr& result) {
  if (plan_.streams && !is_terminal(result->status))
    return begin_stream();
  item.running = false;
  --running_;
  item.result = result;
  if (result->status != prediction_status::succeeded)
    return give_up(error_of(*result));
  start_more();
}

void prediction_call::give_up(dialect_error error) {
  if (!failure_) {
    failure_ = std::move(error);
    waiting_.clear();
    for (auto& other : items_)
      if (other.running)
        scene_.server.cancel(other.request);
  }
  if (running_ == 0)
    refuse(*failure_);
}

void prediction_call::finish() {
  result_list results;
  results.reserve(items_.size());
  for (auto& item : items_)
    results.push_back(item.result);
  http_response response;
  answer_text body;
  plan_.answer->answer(results, response, body);
  respond(std::move(response), std::move(body));
}

void prediction_call::begin_stream() {
  streams_ = true;
  http_response head;
  plan_.answer->head(head);
  stream_order order;
  order.chunked = scene_.request.version >= 11;
  order.renderer = plan_.answer;
  order.head = with_id(std::move(head), prediction_id());
  scene_.client.begin_stream(std::move(order));
  for (auto& event : early_)
    scene_.client.send_event(event);
  early_.clear();
}

void prediction_call::on_event(const event_ptr& event) {
  if (streams_)
    scene_.client.send_event(event);
  else
    early_.push_back(event);
}

void prediction_call::leave() {
  if (streams_)
    return scene_.server.detach(items_.front().request->known_as());
  for (auto& item : items_)
    if (item.running)
      scene_.server.cancel(item.request);
}

const std::string& prediction_call::prediction_id() const {
  static const std::string none;
  return items_.empty() ? none : items_.front().request->id;
}

void prediction_call::refuse(const dialect_error& error) {
  auto response = render_error(which_, error);
  if (which_ == dialect::sagemaker && !words_.empty())   // the paths that the platform itself has for its clients
    response = as_model_error(response);
  respond(std::move(response), {});
}

void prediction_call::respond(http_response response, answer_text body) {
  response = with_id(std::move(response), prediction_id());
  response.close = response.close || !scene_.request.is_done();
  if (which_ == dialect::sagemaker && is_visible(scene_.request.custom_attributes))
    response.more_headers.push_back("x-amzn-sagemaker-custom-attributes: " + scene_.request.custom_attributes);
  if (body.empty() && !response.body.empty())
    body.emplace_back(std::move(response.body));
  scene_.client.respond(response, std::move(body));
}

}   // namespace cog
