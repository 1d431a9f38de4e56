#include "http/dialects/dialect_error.hpp"
#include "http/dialects/prediction_call.hpp"
#include "http/dialects/replicate.hpp"
#include "http/dialects/replicate_body.hpp"
#include "http/ownership.hpp"
#include "http/prediction_maker.hpp"
#include "http/request.hpp"
#include "prediction/schema.hpp"
#include "prediction/visible_input.hpp"
#include <algorithm>
#include <charconv>
#include <cmath>

namespace cog {

namespace {

constexpr double longest_wait = 60;   // seconds

/// What all calls of this API share: the document first, then what the call is for.
class replicate_call : public dialect_call, protected asker {
public:
  replicate_call(const dialect_scene& scene, path_words words) : scene_{scene}, words_{std::move(words)} {
    // nop
  }

  void handle() override { scene_.server.ask_document({this, &replicate_call::take_document}); }
  const std::string& prediction_id() const override { return id_; }

protected:
  virtual void go_on() = 0;

  const dialect_scene& scene() const { return scene_; }
  const path_words& words() const { return words_; }
  const document_ptr& document() const { return document_; }
  void set_id(std::string id) { id_ = std::move(id); }

  replicate_facts facts() const {
    auto model =
      words_.size() == 2 ? words_[0] + "/" + words_[1] : "cog/" + api_or_default(scene_.rules.config.api).name;
    return {.public_url = public_url(scene_.request, scene_.rules.config),
            .model = std::move(model),
            .api = document_ ? document_->api.get() : nullptr,
            .input = {}};
  }

  void refuse(const dialect_error& error) { respond(render_error(dialect::replicate, error), {}); }

  void respond(http_response response, answer_text body) {
    response.close = response.close || !scene_.request.is_done();
    if (!id_.empty())
      response.more_headers.push_back("x-request-id: " + id_);
    if (body.empty())
      body.emplace_back(std::move(response.body));
    scene_.client.respond(response, std::move(body));
  }

  void respond_with(unsigned status, const prediction_snapshot& prediction, const replicate_facts& facts) {
    answer_text body;
    append_replicate(body, prediction, facts);
    respond(json_response(status, {}), std::move(body));
  }

  void on_error(const caf::error& error) override { refuse(error_of(error)); }

private:
  static void take_document(asker& to, const document_ptr& document) {
    auto& self = static_cast<replicate_call&>(to);
    self.document_ = document;
    self.go_on();
  }

  dialect_scene scene_;
  path_words words_;
  document_ptr document_;
  std::string id_;
};

/// How long the client waits for the end, in seconds; 0: not at all. What is none of its forms counts as left out.
double wait_of(std::string_view prefer) {
  if (prefer == "wait")
    return longest_wait;
  double seconds = 0;
  if (!prefer.starts_with("wait="))
    return 0;
  prefer.remove_prefix(5);
  auto [end, error] = std::from_chars(prefer.data(), prefer.data() + prefer.size(), seconds);
  return error == std::errc{} && end == prefer.data() + prefer.size() && seconds >= 1 && seconds <= longest_wait
    ? seconds
    : 0;
}

class create_call : public replicate_call {
public:
  using replicate_call::replicate_call;

private:
  void go_on() override {
    if (scene().rules.config.mode == "train")
      return refuse({dialect_fault::not_found, "This server runs trainings only", {}});
    if (!document() || !document()->api)
      return refuse({dialect_fault::not_ready, "The model is not loaded yet", {}});
    if (scene().rules.config.keep_results == 0)
      return refuse({dialect_fault::unsupported,
                     "Results are not kept (COG_KEEP_RESULTS=0), so that nobody could fetch this one",
                     {}});
    if (scene().rules.outputs->is_full())
      return refuse({dialect_fault::not_ready, "Too many results in memory (COG_MAX_OUTPUT_MEMORY)", {}});
    auto& request = scene().request;
    json_error problem;
    auto body = parse_json(std::string_view{request.body}, problem);
    if (!body || !body->is(json_kind::object))
      return refuse({dialect_fault::malformed, body ? "The body must be a JSON object" : problem, {}});
    auto made = make_prediction_of(cog_body(*body), request, *document(), scene().rules.config);
    if (auto refusal = std::get_if<http_response>(&made))
      return refuse({dialect_fault::malformed, refusal->body, {}});
    start(std::move(std::get<std::shared_ptr<prediction_request>>(made)));
  }

  /// The members that Cog knows, too.
  static std::string cog_body(const json_value& body) {
    std::string text = "{";
    for (auto name : {"input", "webhook", "webhook_events_filter"})
      if (auto* value = body.find(name); value && !value->is(json_kind::null))
        text.append(text.size() > 1 ? ",\"" : "\"").append(name).append("\":").append(value->raw);
    return text + "}";
  }

  void start(std::shared_ptr<prediction_request> prediction) {
    if (!prediction->errors.empty()) {
      std::string detail;
      for (auto& error : prediction->errors)
        detail += "- input." + error.field + ": " + error.message + "\n";
      return refuse({dialect_fault::bad_input, detail, "input." + prediction->errors.front().field});
    }
    auto wait = wait_of(scene().request.prefer);
    prediction->respond_async = wait == 0;
    set_id(prediction->id);
    request_ = std::move(prediction);
    reply<snapshot_ptr> to{this, &create_call::take_result};
    if (wait > 0)
      scene().server.run_for(request_, std::chrono::milliseconds{std::llround(wait * 1000)}, to);
    else
      scene().server.run(request_, false, to);
  }

  static void take_result(asker& to, const snapshot_ptr& result) { static_cast<create_call&>(to).on_result(result); }

  /// Null: the time is over, and it runs.
  void on_result(const snapshot_ptr& result) {
    auto told = facts();
    told.input = visible_input(*request_, document().get());
    prediction_snapshot state;
    if (!result) {
      state.id = request_->id;
      state.created = request_->created;
    }
    told.starting = !result || !is_terminal(result->status);
    respond_with(result ? 201 : 202, result ? *result : state, told);
    result_ = result;
  }

  request_ptr request_;
  snapshot_ptr result_;   // whose files are being written
};

class find_call : public replicate_call {
public:
  using replicate_call::replicate_call;

protected:
  void go_on() override {
    set_id(words().front());
    scene().server.find(known_as(scene().request, prediction_id()), {this, &find_call::take_state});
  }

private:
  static void take_state(asker& to, const snapshot_ptr& state) {
    auto& self = static_cast<find_call&>(to);
    self.state_ = state;
    self.respond_with(200, *state, self.facts());
  }

  snapshot_ptr state_;
};

class cancel_call : public find_call {
public:
  using find_call::find_call;

private:
  void go_on() override {
    set_id(words().front());
    scene().server.cancel(known_as(scene().request, prediction_id()), {this, &cancel_call::take_canceled});
  }

  static void take_canceled(asker& to, const bool&) { static_cast<cancel_call&>(to).find_call::go_on(); }
};

class list_call : public replicate_call {
public:
  using replicate_call::replicate_call;

private:
  void go_on() override { scene().server.list({this, &list_call::take_list}); }

  static void take_list(asker& to, const std::vector<snapshot_ptr>& results) {
    auto& self = static_cast<list_call&>(to);
    std::copy_if(results.begin(), results.end(), std::back_inserter(self.results_),
                 [&](auto& one) { return sees(self.scene().request, *one); });
    answer_text body{R"({"previous":null,"next":null,"results":[)"};
    for (auto at = self.results_.rbegin(); at != self.results_.rend(); ++at) {
      tail_of(body) += at == self.results_.rbegin() ? "" : ",";
      append_replicate(body, **at, self.facts());
    }
    tail_of(body) += "]}";
    self.respond(json_response(200, {}), std::move(body));
  }

  std::vector<snapshot_ptr> results_;
};

}   // namespace

std::unique_ptr<dialect_call> create_replicate(const dialect_scene& scene, const dialect_row&, path_words words) {
  return std::make_unique<create_call>(scene, std::move(words));
}

std::unique_ptr<dialect_call> find_replicate(const dialect_scene& scene, const dialect_row&, path_words words) {
  return std::make_unique<find_call>(scene, std::move(words));
}

std::unique_ptr<dialect_call> cancel_replicate(const dialect_scene& scene, const dialect_row&, path_words words) {
  return std::make_unique<cancel_call>(scene, std::move(words));
}

std::unique_ptr<dialect_call> list_replicate(const dialect_scene& scene, const dialect_row&, path_words words) {
  return std::make_unique<list_call>(scene, std::move(words));
}

}   // namespace cog
