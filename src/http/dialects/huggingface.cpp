#include "http/dialects/any_body.hpp"
#include "http/dialects/kserve.hpp"
#include "http/dialects/text_answer.hpp"
#include "http/request.hpp"

namespace cog {

namespace {

/// `generated_text`, `text`, raw bytes or the bare JSON, by what the model is.
class task_answer : public text_answer {
public:
  explicit task_answer(bool list) : list_{list} {
    // nop
  }

  void answer(const result_list& results, http_response& response, answer_text& body) override {
    auto files = output_view{*results.front(), *facts().api}.files();
    if (!files.empty() && !list_) {
      type_ = files.front().mime;
      response.content_type = type_;
      body.emplace_back(raw_file{files.front().path, 0, files.front().size});
    } else if (as_stream || facts().api->output.kind == value_kind::text) {
      text_answer::answer(results, response, body);
    } else {
      write_all(results, body);
    }
  }

  void head(http_response& response) const override { response.content_type = "text/event-stream"; }

protected:
  std::string whole(const std::vector<text_choice>& choices, const token_usage&) override {
    auto& api = *facts().api;
    bool hears = api.input_of(input_role::audio) && !api.input_of(input_role::prompt) &&
      api.input_of(input_role::audio) != api.input_of(input_role::image);
    if (hears && !list_)
      return "{\"text\":" + quoted(choices.front().text) + "}";
    std::string out = "[";
    for (auto& choice : choices)
      out += (out.size() > 1 ? ",{\"" : "{\"") + std::string{hears ? "text" : "generated_text"} +
        "\":" + quoted(choice.text) + "}";
    return out + "]";
  }
  std::string begin_frames(size_t) override { return {}; }
  std::string piece_frame(size_t, const std::string& text) override { return token(text, "null", false); }
  std::string end_frame(size_t, const text_choice& end) override { return token({}, quoted(end.text), true); }
  std::string last_frames(const token_usage&) override { return {}; }
  std::string error_frames(const dialect_error& error) override {
    return "data:" + error_text(dialect::huggingface, error) + "\n\n";
  }

private:
  void write_all(const result_list& results, answer_text& body) const {
    if (list_)
      tail_of(body) += '[';
    auto separator = "";
    for (auto& result : results) {
      tail_of(body) += separator;
      separator = ",";
      for (auto& piece : output_view{*result, *facts().api}.json())
        if (auto* text = std::get_if<std::string>(&piece))
          tail_of(body) += *text;
        else
          body.push_back(piece);
    }
    if (list_)
      tail_of(body) += ']';
  }

  std::string token(const std::string& text, const std::string& whole, bool special) {
    return "data:{\"index\":" + std::to_string(++index_) + R"(,"token":{"id":0,"text":)" + quoted(text) +
      ",\"logprob\":0,\"special\":" + (special ? "true" : "false") + "},\"generated_text\":" + whole +
      ",\"details\":null}\n\n";
  }

  bool list_;   // of inputs, so of answers
  std::string type_;
  uint64_t index_ = 0;
};

/// A text is the prompt, or a file in base64 where the model takes no text.
bool add_text(plan_maker& maker, input_maker& input, const json_value& value) {
  if (input.set(input_role::prompt, value))
    return true;
  auto* file = maker.api.input_of(input_role::audio);
  if (!file)
    file = maker.api.input_of(input_role::image);
  if (!file)
    return maker.fail(dialect_fault::unsupported, maker.api.refusal(operation::completions));
  auto text = plain_text(value);
  bool url = text.starts_with("data:") || text.starts_with("http://") || text.starts_with("https://");
  input.add_file(*file, url ? text : "data:application/octet-stream;base64," + text);
  return true;
}

void add_parameters(const plan_maker& maker, input_maker& input, const json_value& parameters) {
  for (auto name : {"max_tokens", "max_new_tokens"})
    if (auto* value = parameters.find(name); value && !value->is(json_kind::null))
      input.set(input_role::max_tokens, *value);
  if (auto* stop = parameters.find("stop"); stop && !stop->is(json_kind::null))
    input.set(input_role::stop, *stop);
  maker.add_extras(input, parameters, {"max_new_tokens", "stop"});
}

bool add_one(plan_maker& maker, const json_value& value) {
  input_maker input{maker.api};
  if (auto* parameters = maker.field("parameters"); parameters && parameters->is(json_kind::object))
    add_parameters(maker, input, *parameters);
  bool done = value.is(json_kind::string) ? add_text(maker, input, value) : add_instance(maker, input, value);
  if (done)
    maker.plan.inputs.push_back(input.json());
  return done;
}

bool has_file_body(const http_request& request) {
  auto begin = request.body.find_first_not_of(" \t\r\n");
  bool braced = begin != std::string::npos && request.body[begin] == '{';
  return request.has_content_type ? !request.is_json() : !braced;
}

}   // namespace

void plan_task(plan_maker& maker) {
  if (has_file_body(maker.request)) {
    input_maker input{maker.api};
    if (!add_raw_body(maker, input))
      return;
    maker.plan.inputs = {input.json()};
    maker.plan.answer = std::make_shared<task_answer>(false);
    return;
  }
  if (!maker.read_json())
    return;
  auto* inputs = maker.field("inputs");
  if (!inputs) {
    maker.bad("inputs are missing", "inputs");
    return;
  }
  auto* only = maker.api.only_required();
  bool list = inputs->is(json_kind::array) && !(only && only->list);
  if (list) {
    for (auto& one : inputs->items)
      if (!add_one(maker, one))
        return;
  } else if (!add_one(maker, *inputs)) {
    return;
  }
  auto answer = std::make_shared<task_answer>(list);
  answer->as_stream = maker.flag("stream");
  maker.plan.streams = answer->as_stream && maker.plan.inputs.size() == 1;
  maker.plan.answer = std::move(answer);
}

}   // namespace cog
