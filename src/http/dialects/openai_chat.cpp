#include "http/dialects/chat_messages.hpp"
#include "http/dialects/openai.hpp"
#include "http/dialects/text_answer.hpp"
#include "json/json_writer.hpp"

namespace cog {

namespace {

constexpr std::string_view last_frame = "data: [DONE]\n\n";
constexpr uint64_t most_choices = 16;

void write_usage(json_writer& json, const token_usage& usage) {
  json.open("usage", '{');
  json.number("prompt_tokens", usage.input);
  json.number("completion_tokens", usage.output);
  json.number("total_tokens", usage.total());
  json.close('}');
}

class chat_answer : public text_answer {
public:
  chat_answer(std::vector<std::string> stops, bool with_usage) : text_answer{std::move(stops)}, usage_{with_usage} {
    // nop
  }

protected:
  std::string whole(const std::vector<text_choice>& choices, const token_usage& usage) override {
    std::string out;
    json_writer json{out};
    open(json, "chat.completion");
    json.open("choices", '[');
    for (size_t at = 0; at < choices.size(); ++at) {
      json.open("", '{');
      json.number("index", at);
      if (choices[at].message.empty()) {
        json.open("message", '{');
        json.text("role", "assistant");
        json.text("content", choices[at].text);
        json.close('}');
      } else {
        json.raw("message", with_role(choices[at].message));
      }
      json.raw("logprobs", "null");
      json.text("finish_reason", choices[at].finish_reason);
      json.close('}');
    }
    json.close(']');
    write_usage(json, usage);
    json.close('}');
    return out;
  }

  std::string begin_frames(size_t choices) override {
    std::string frames;
    for (size_t at = 0; at < choices; ++at)
      frames += chunk(at, R"({"role":"assistant","content":""})", {});
    return frames;
  }
  std::string piece_frame(size_t choice, const std::string& text) override {
    return chunk(choice, "{\"content\":" + quoted(text) + "}", {});
  }
  std::string end_frame(size_t choice, const text_choice& end) override {
    return chunk(choice, "{}", end.finish_reason);
  }
  std::string last_frames(const token_usage& usage) override {
    if (!usage_)
      return std::string{last_frame};
    std::string out;
    json_writer json{out};
    open(json, "chat.completion.chunk");
    json.raw("choices", "[]");
    write_usage(json, usage);
    json.close('}');
    return data_frame(out).append(last_frame);
  }
  std::string error_frames(const dialect_error& error) override {
    return data_frame(error_text(dialect::openai, error)).append(last_frame);
  }

private:
  void open(json_writer& json, std::string_view object) const {
    json.open("", '{');
    json.text("id", "chatcmpl-" + facts().id);
    json.text("object", object);
    json.number("created", facts().created);
    json.text("model", facts().model);
  }

  /// A message of the model's own, which may have left its role out.
  static std::string with_role(const std::string& message) {
    json_error error;
    auto tree = parse_json(std::string_view{message}, error);
    return tree && tree->find("role") ? message : R"({"role":"assistant",)" + message.substr(1);
  }

  std::string chunk(size_t choice, const std::string& delta, const std::string& reason) const {
    std::string out;
    json_writer json{out};
    open(json, "chat.completion.chunk");
    json.open("choices", '[');
    json.open("", '{');
    json.number("index", choice);
    json.raw("delta", delta);
    json.raw("finish_reason", reason.empty() ? "null" : quoted(reason));
    json.close('}');
    json.close(']');
    json.close('}');
    return data_frame(out);
  }

  bool usage_;
};

class completion_answer : public text_answer {
public:
  completion_answer(std::vector<std::string> stops, bool with_usage)
    : text_answer{std::move(stops)}, usage_{with_usage} {
    // nop
  }

protected:
  std::string whole(const std::vector<text_choice>& choices, const token_usage& usage) override {
    std::string out;
    json_writer json{out};
    open(json);
    json.open("choices", '[');
    for (size_t at = 0; at < choices.size(); ++at)
      write_choice(json, at, choices[at].text, choices[at].finish_reason);
    json.close(']');
    write_usage(json, usage);
    json.close('}');
    return out;
  }
  std::string begin_frames(size_t) override { return {}; }
  std::string piece_frame(size_t choice, const std::string& text) override { return frame(choice, text, {}); }
  std::string end_frame(size_t choice, const text_choice& end) override { return frame(choice, {}, end.finish_reason); }
  std::string last_frames(const token_usage& usage) override {
    if (!usage_)
      return std::string{last_frame};
    std::string out;
    json_writer json{out};
    open(json);
    json.raw("choices", "[]");
    write_usage(json, usage);
    json.close('}');
    return data_frame(out).append(last_frame);
  }
  std::string error_frames(const dialect_error& error) override {
    return data_frame(error_text(dialect::openai, error)).append(last_frame);
  }

private:
  void open(json_writer& json) const {
    json.open("", '{');
    json.text("id", "cmpl-" + facts().id);
    json.text("object", "text_completion");
    json.number("created", facts().created);
    json.text("model", facts().model);
  }

  static void write_choice(json_writer& json, size_t index, const std::string& text, const std::string& reason) {
    json.open("", '{');
    json.number("index", index);
    json.text("text", text);
    json.raw("logprobs", "null");
    json.raw("finish_reason", reason.empty() ? "null" : quoted(reason));
    json.close('}');
  }

  std::string frame(size_t choice, const std::string& text, const std::string& reason) const {
    std::string out;
    json_writer json{out};
    open(json);
    json.open("choices", '[');
    write_choice(json, choice, text, reason);
    json.close(']');
    json.close('}');
    return data_frame(out);
  }

  bool usage_;
};

/// Several choices are streamed when they are all there.
template <class Answer>
void give_answer(plan_maker& maker, std::vector<std::string> stops) {
  auto* options = maker.field("stream_options");
  auto* usage = options ? options->find("include_usage") : nullptr;
  bool stream = maker.flag("stream");
  auto answer = std::make_shared<Answer>(std::move(stops), usage && usage->is_true());
  maker.plan.streams = stream && maker.plan.inputs.size() == 1;
  answer->as_stream = stream;
  maker.plan.answer = std::move(answer);
}

bool refuse_fields(plan_maker& maker, std::initializer_list<const char*> names) {
  for (auto* name : names)
    if (maker.truthy(name) && !maker.api.find(name))
      return maker.fail(dialect_fault::unsupported, std::string{"This server does not serve `"} + name + "`", name);
  return true;
}

bool add_prompt(plan_maker& maker, input_maker& input, const json_value& prompt) {
  if (!prompt.is(json_kind::string))
    return maker.bad("prompt must be a text or a list of texts; token ids are not served", "prompt");
  input.set(input_role::prompt, prompt);
  maker.add_extras(input, {"prompt", "model", "stream", "stream_options", "stop", "n", "max_tokens"});
  return add_count(maker, input, most_choices);
}

}   // namespace

void plan_chat(plan_maker& maker) {
  if (!maker.read_json() || !maker.demand(operation::chat))
    return;
  if (!refuse_fields(maker, {"logprobs", "top_logprobs", "audio", "prediction", "web_search_options"}))
    return;
  auto* messages = maker.field("messages");
  if (!messages) {
    maker.bad("messages are missing", "messages");
    return;
  }
  input_maker input{maker.api};
  if (!add_messages(maker, input, *messages, "messages") || !add_format_and_tools(maker, input))
    return;
  auto stops = add_sampling(maker, input);
  maker.add_extras(input,
                   {"messages", "model", "stream", "stream_options", "stop", "n", "max_tokens", "max_completion_tokens",
                    "response_format"});
  if (add_count(maker, input, most_choices))
    give_answer<chat_answer>(maker, std::move(stops));
}

void plan_completion(plan_maker& maker) {
  if (!maker.read_json() || !maker.demand(operation::completions))
    return;
  if (!refuse_fields(maker, {"suffix", "echo", "logprobs"}))
    return;
  auto* prompt = maker.field("prompt");
  if (!prompt) {
    maker.bad("prompt is missing", "prompt");
    return;
  }
  input_maker input{maker.api};
  auto stops = add_sampling(maker, input);
  bool list = prompt->is(json_kind::array);
  if (list && prompt->items.empty()) {
    maker.bad("prompt must not be empty", "prompt");
    return;
  }
  for (auto& one : list ? prompt->items : std::vector{*prompt})
    if (!add_prompt(maker, input, one))
      return;
  give_answer<completion_answer>(maker, std::move(stops));
}

}   // namespace cog
