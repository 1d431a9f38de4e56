#include "http/dialects/chat_messages.hpp"
#include "http/dialects/openai.hpp"
#include "http/dialects/text_answer.hpp"
#include "json/json_writer.hpp"

namespace cog {

namespace {

/// One answer of the Responses API; its stream is numbered events with names.
class response_answer : public text_answer {
public:
  using text_answer::text_answer;

protected:
  std::string whole(const std::vector<text_choice>& choices, const token_usage& usage) override {
    return response("completed", choices.front().text, &usage, nullptr);
  }

  std::string begin_frames(size_t) override {
    auto begun = "\"response\":" + response("in_progress", {}, nullptr, nullptr);
    auto frames = event("response.created", begun);
    frames += event("response.in_progress", begun);
    frames += event("response.output_item.added", R"("output_index":0,"item":)" + item("in_progress", nullptr));
    frames += event("response.content_part.added", place() + R"(,"part":)" + part(""));
    return frames;
  }
  std::string piece_frame(size_t, const std::string& text) override {
    return event("response.output_text.delta", place() + ",\"delta\":" + quoted(text) + ",\"logprobs\":[]");
  }
  std::string end_frame(size_t, const text_choice& end) override {
    text_ = end.text;
    auto frames = event("response.output_text.done", place() + ",\"text\":" + quoted(text_) + ",\"logprobs\":[]");
    frames += event("response.content_part.done", place() + ",\"part\":" + part(text_));
    frames += event("response.output_item.done", R"("output_index":0,"item":)" + item("completed", &text_));
    return frames;
  }
  std::string last_frames(const token_usage& usage) override {
    return event("response.completed", "\"response\":" + response("completed", text_, &usage, nullptr));
  }
  std::string error_frames(const dialect_error& error) override {
    return event("response.failed", "\"response\":" + response("failed", {}, nullptr, &error));
  }

private:
  std::string event(std::string_view type, const std::string& members) {
    std::string text = "event: " + std::string{type} + "\ndata: {\"type\":\"" + std::string{type} +
      "\",\"sequence_number\":" + std::to_string(number_++) + ",";
    return text + members + "}\n\n";
  }

  std::string place() const {
    return "\"item_id\":" + quoted("msg_" + facts().id) + R"(,"output_index":0,"content_index":0)";
  }

  static std::string part(const std::string& text) {
    return R"({"type":"output_text","text":)" + quoted(text) + R"(,"annotations":[],"logprobs":[]})";
  }

  /// Without a text it has no content yet.
  std::string item(std::string_view status, const std::string* text) const {
    return "{\"id\":" + quoted("msg_" + facts().id) + R"(,"type":"message","role":"assistant","status":)" +
      quoted(status) + ",\"content\":[" + (text ? part(*text) : "") + "]}";
  }

  std::string response(std::string_view status, const std::string& text, const token_usage* usage,
                       const dialect_error* error) const {
    std::string out;
    json_writer json{out};
    json.open("", '{');
    json.text("id", "resp_" + facts().id);
    json.text("object", "response");
    json.number("created_at", facts().created);
    json.text("status", status);
    if (error) {
      json.open("error", '{');
      json.text("code", "server_error");
      json.text("message", error->message);
      json.close('}');
    } else {
      json.raw("error", "null");
    }
    json.raw("incomplete_details", "null");
    json.raw("instructions", "null");
    json.raw("metadata", "{}");
    json.text("model", facts().model);
    json.raw("output", usage ? "[" + item("completed", &text) + "]" : "[]");
    json.raw("parallel_tool_calls", "false");
    json.raw("temperature", "null");
    json.text("tool_choice", "auto");
    json.raw("tools", "[]");
    json.raw("top_p", "null");
    if (usage) {
      json.open("usage", '{');
      json.number("input_tokens", usage->input);
      json.raw("input_tokens_details", R"({"cached_tokens":0})");
      json.number("output_tokens", usage->output);
      json.raw("output_tokens_details", R"({"reasoning_tokens":0})");
      json.number("total_tokens", usage->total());
      json.close('}');
    } else {
      json.raw("usage", "null");
    }
    json.close('}');
    return out;
  }

  uint64_t number_ = 0;
  std::string text_;
};

bool add_input(plan_maker& maker, input_maker& input, const json_value& given) {
  auto instructions = maker.text("instructions");
  std::string messages = "[";
  if (!instructions.empty())
    messages += R"({"role":"system","content":)" + quoted(instructions) + "}";
  auto separate = [&] { messages += messages.size() > 1 ? "," : ""; };
  if (given.is(json_kind::string)) {
    separate();
    messages += R"({"role":"user","content":)" + std::string{given.raw} + "}";
  } else {
    for (auto& item : given.items) {
      auto* type = item.find("type");
      bool message = !type || plain_text(*type) == "message";
      if (!message && !maker.api.input_of(input_role::messages))
        return maker.fail(dialect_fault::unsupported,
                          "Items of the type `" + plain_text(*type) + "` need a model that takes messages", "input");
      separate();
      messages += item.raw;
    }
  }
  messages += "]";
  json_error error;
  auto tree = parse_json(std::string_view{messages}, error);
  return tree ? add_messages(maker, input, *tree, "input") : maker.bad("input: " + error, "input");
}

}   // namespace

void plan_response(plan_maker& maker) {
  if (!maker.read_json() || !maker.demand(operation::chat))
    return;
  for (auto* name : {"previous_response_id", "conversation", "background", "prompt"})
    if (maker.truthy(name)) {
      maker.fail(dialect_fault::unsupported, std::string{"This server does not serve `"} + name + "`", name);
      return;
    }
  auto* given = maker.field("input");
  if (!given || (!given->is(json_kind::string) && !given->is(json_kind::array))) {
    maker.bad("input must be a text or a list of messages", "input");
    return;
  }
  input_maker input{maker.api};
  auto* text = maker.field("text");
  auto* format = text ? text->find("format") : nullptr;
  auto* kind = format ? format->find("type") : nullptr;
  auto* own = maker.api.find("response_format");
  if (kind && plain_text(*kind) != "text") {
    if (!own) {
      maker.fail(dialect_fault::unsupported,
                 "This model does not serve structured output: it has no input "
                 "`response_format`",
                 "text.format");
      return;
    }
    input.set(*own, *format);
  }
  if (!add_input(maker, input, *given) || !add_format_and_tools(maker, input))
    return;
  auto stops = add_sampling(maker, input);
  maker.add_extras(input,
                   {"input", "model", "stream", "instructions", "max_output_tokens", "text", "store", "prompt",
                    "messages", "response_format"});
  maker.plan.inputs = {input.json()};
  maker.plan.streams = maker.flag("stream");
  auto answer = std::make_shared<response_answer>(std::move(stops));
  answer->as_stream = maker.plan.streams;
  maker.plan.answer = std::move(answer);
}

}   // namespace cog
