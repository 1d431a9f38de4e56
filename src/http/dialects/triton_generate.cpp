#include "http/dialects/kserve.hpp"
#include "http/dialects/text_answer.hpp"

namespace cog {

namespace {

/// `text_output`, whole or in frames without names and without an end.
class generate_answer : public text_answer {
public:
  using text_answer::text_answer;

  void head(http_response& response) const override { response.content_type = "text/event-stream; charset=utf-8"; }

protected:
  std::string whole(const std::vector<text_choice>& choices, const token_usage&) override {
    return json(choices.front().text);
  }
  std::string begin_frames(size_t) override { return {}; }
  std::string piece_frame(size_t, const std::string& text) override { return data_frame(json(text)); }
  std::string end_frame(size_t, const text_choice&) override { return {}; }
  std::string last_frames(const token_usage&) override { return {}; }
  std::string error_frames(const dialect_error& error) override {
    return data_frame(error_text(dialect::kserve, error));
  }

private:
  std::string json(const std::string& text) const {
    return "{\"model_name\":" + quoted(facts().model) + R"(,"model_version":"1","text_output":)" + quoted(text) + "}";
  }
};

void plan(plan_maker& maker, bool streams) {
  if (!maker.read_json() || !maker.demand(operation::completions))
    return;
  auto* text = maker.field("text_input");
  if (!text) {
    maker.bad("text_input is missing", "text_input");
    return;
  }
  input_maker input{maker.api};
  input.set(input_role::prompt, *text);
  auto* parameters = maker.field("parameters");
  for (auto* fields : {&maker.body(), parameters}) {
    if (!fields || !fields->is(json_kind::object))
      continue;
    for (auto name : {"max_tokens", "max_new_tokens"})
      if (auto* value = fields->find(name))
        input.set(input_role::max_tokens, *value);
    if (auto* stop = fields->find("stop"))
      input.set(input_role::stop, *stop);
    maker.add_extras(input, *fields, {"text_input", "parameters", "stream", "stop", "max_tokens"});
  }
  maker.plan.inputs = {input.json()};
  maker.plan.streams = streams;
  auto answer = std::make_shared<generate_answer>();
  answer->as_stream = streams;
  maker.plan.answer = std::move(answer);
}

}   // namespace

void plan_generate(plan_maker& maker) {
  plan(maker, false);
}

void plan_generate_stream(plan_maker& maker) {
  plan(maker, true);
}

}   // namespace cog
