#pragma once
#include "http/answer_writer.hpp"
#include "http/dialects/dialect_error.hpp"
#include "http/dialects/form_data.hpp"
#include "http/dialects/input_maker.hpp"
#include "http/dialects/output_view.hpp"
#include "json/json_tree.hpp"
#include "prediction/model_api.hpp"
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cog {

using result_list = std::vector<snapshot_ptr>;

/// What is known of a call when its predictions are made.
struct call_facts {
  dialect which = dialect::openai;
  std::string id;         // of the first prediction
  uint64_t created = 0;   // seconds since 1970
  std::string model;      // its name for clients
  std::string public_url;
  std::shared_ptr<const model_api> api;
  std::function<void()> stop;   // ends the prediction of a stream before its time, which is no failure
};

/// Writes what comes of a call's predictions.
class dialect_answer : public event_renderer {
public:
  virtual void set_facts(call_facts facts) { facts_ = std::move(facts); }

  /// The answer when all have succeeded.
  virtual void answer(const result_list& results, http_response& response, answer_text& body) = 0;
  /// The head of an event stream.
  virtual void head(http_response& response) const { response.content_type = "text/event-stream"; }
  /// Of a stream.
  answer_text render(const prediction_event&) override { return {}; }

protected:
  const call_facts& facts() const { return facts_; }

private:
  call_facts facts_;
};

/// What a request asks for.
struct prediction_plan {
  std::vector<std::string> inputs;   // JSON objects, one for each prediction
  std::string context;               // a JSON object; empty: none
  bool streams = false;              // the first of them is followed
  std::shared_ptr<dialect_answer> answer;
};

/// A request that is to become a plan, and what can be said against it: the first complaint counts.
class plan_maker {
public:
  plan_maker(dialect which, const dialect_scene& scene, const path_words& words, const model_api& api)
    : which{which}, request{scene.request}, config{scene.rules.config}, words{words}, api{api} {
    // nop
  }

  /// Reads the body as a JSON object. False, here and below: there is a complaint.
  bool read_json();
  bool read_json_or_list();
  /// Reads the first bytes of the body as a JSON object, whatever its type is said to be.
  bool read_json_part(size_t length);
  /// Reads it as a form.
  bool read_form();
  const json_value& body() const { return *body_; }
  const std::vector<form_part>& parts() const { return parts_; }

  bool fail(dialect_fault fault, std::string message, std::string param = {});
  bool bad(std::string message, std::string param = {}) {
    return fail(dialect_fault::bad_input, std::move(message), std::move(param));
  }
  /// Complains unless the model can do it.
  bool demand(operation what);

  /// A field of the body; null when it is not there or null.
  const json_value* field(std::string_view name) const;
  /// The text of a field; empty.
  std::string text(std::string_view name) const;
  bool flag(std::string_view name) const;
  /// Whether a field says something: not null, false, 0 or empty.
  bool truthy(std::string_view name) const;
  /// Fields that name an input and are none of `known` go there.
  void add_extras(input_maker& input, std::initializer_list<std::string_view> known) const;
  void add_extras(input_maker& input, const json_value& fields, std::initializer_list<std::string_view> known) const;

  const dialect which;
  http_request& request;
  const server_config& config;
  const path_words& words;
  const model_api& api;
  prediction_plan plan;
  std::optional<dialect_error> error;

private:
  std::optional<json_value> body_;
  std::vector<form_part> parts_;
};

}   // namespace cog
