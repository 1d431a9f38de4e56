#include "http/dialects/any_body.hpp"
#include "http/dialects/event_stream.hpp"
#include "http/dialects/kserve.hpp"
#include "http/dialects/openai.hpp"
#include "http/request.hpp"
#include "http/sse.hpp"
#include <algorithm>
#include <array>
#include <iterator>

namespace cog {

namespace {

/// Of a prediction that no protocol was recognised for: the file, the text, or JSON, as the client accepts.
class bare_answer : public dialect_answer {
public:
  bare_answer(std::string accept, bool wrapped) : accept_{std::move(accept)}, wrapped_{wrapped} {
    // nop
  }

  void answer(const result_list& results, http_response& response, answer_text& body) override {
    auto& result = *results.front();
    output_view view{result, *facts().api};
    auto files = view.files();
    if (files.size() == 1 && accepts(files.front().mime)) {
      type_ = files.front().mime;
      response.content_type = type_;
      body.emplace_back(raw_file{files.front().path, 0, files.front().size});
    } else if (accept_.starts_with("text/plain") && files.empty()) {
      response.content_type = "text/plain; charset=utf-8";
      body.emplace_back(view.text());
    } else {
      body = wrapped_ ? final_answer(result) : view.json();
    }
  }

  answer_text render(const prediction_event& event) override { return sse_text(event); }

private:
  bool accepts(std::string_view type) const {
    if (accept_.empty())
      return false;
    auto kind = std::string{type.substr(0, type.find('/') + 1)} + "*";
    auto first = accept_.substr(0, accept_.find_first_of(";,"));
    return first == type || first == kind || first == "application/octet-stream";
  }

  std::string accept_;
  bool wrapped_;   // as Cog tells the end of a prediction; else the output alone
  std::string type_;
};

bool is_tensor_list(const json_value& value) {
  return value.is(json_kind::array) && !value.items.empty() && value.items.front().find("datatype");
}

bool wants_stream(const plan_maker& maker) {
  return maker.request.accepts_event_stream() ||
    (maker.body().is(json_kind::object) && maker.body().find("stream") && maker.body().find("stream")->is_true());
}

void give_bare(plan_maker& maker, input_maker& input) {
  maker.plan.inputs = {input.json()};
  maker.plan.answer = std::make_shared<bare_answer>(maker.request.accept, maker.which == dialect::sagemaker);
}

void plan_members(plan_maker& maker) {
  input_maker input{maker.api};
  auto* own = maker.field("input");
  bool cog = own && own->is(json_kind::object);
  for (auto& [name, value] : (cog ? *own : maker.body()).members) {
    auto* known = maker.api.find(name);
    if (!known && name != "stream") {
      maker.bad("The model has no input `" + name + "`", name);
      return;
    }
    if (known)
      input.set(*known, value);
  }
  give_bare(maker, input);
  maker.plan.streams = wants_stream(maker);
}

bool is_json_lines(const plan_maker& maker) {
  auto& type = maker.request.content_type;
  return type.starts_with("application/jsonlines") || type.starts_with("application/x-jsonlines");
}

/// One instance a line, answered likewise.
class lines_answer : public dialect_answer {
public:
  void answer(const result_list& results, http_response& response, answer_text& body) override {
    response.content_type = "application/jsonlines";
    for (auto& result : results) {
      auto pieces = output_view{*result, *facts().api}.json();
      std::move(pieces.begin(), pieces.end(), std::back_inserter(body));
      tail_of(body) += '\n';
    }
  }
};

void plan_lines(plan_maker& maker) {
  std::string_view rest = maker.request.body;
  while (!rest.empty()) {
    auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.find_first_not_of(" \t\r") == line.npos)
      continue;
    json_error error;
    auto value = parse_json(line, error);
    if (!value) {
      maker.fail(dialect_fault::malformed, "A line is no sound JSON: " + error);
      return;
    }
    input_maker input{maker.api};
    if (!add_instance(maker, input, *value))
      return;
    maker.plan.inputs.push_back(input.json());
  }
  maker.plan.answer = std::make_shared<lines_answer>();
}

/// By the members of a JSON body.
void plan_json(plan_maker& maker) {
  if (!maker.read_json_or_list())
    return;
  auto& body = maker.body();
  if (!body.is(json_kind::object)) {
    input_maker input{maker.api};
    if (add_instance(maker, input, body))
      give_bare(maker, input);
    return;
  }
  auto* inputs = maker.field("inputs");
  if (maker.field("messages"))
    plan_chat(maker);
  else if (maker.field("instances"))
    plan_instances(maker);
  else if (inputs && is_tensor_list(*inputs))
    plan_infer(maker);
  else if (inputs)
    plan_task(maker);
  else
    plan_members(maker);
}

}   // namespace

bool add_raw_body(plan_maker& maker, input_maker& input) {
  std::string_view type = maker.request.content_type;
  auto is = [&](std::string_view prefix) { return type.starts_with(prefix); };
  if (is("text/plain")) {
    input.set_text(input_role::prompt, maker.request.body);
    return maker.api.input_of(input_role::prompt)
      ? true
      : maker.fail(dialect_fault::unsupported, maker.api.refusal(operation::completions));
  }
  constexpr std::array<std::string_view, 5> files{"image/", "audio/", "video/", "application/octet-stream",
                                                  "application/x-image"};
  if (!type.empty() && std::none_of(files.begin(), files.end(), is))
    return maker.fail(dialect_fault::wrong_type,
                      "Bodies are taken as application/json, application/jsonlines, text/plain, image/*, audio/*, "
                      "video/* and application/octet-stream");
  auto* own = maker.api.input_of(is("image/") ? input_role::image : input_role::audio);
  if (!own)
    own = maker.api.input_of(input_role::image);
  if (!own)
    return maker.fail(dialect_fault::unsupported, maker.api.refusal(operation::transcriptions));
  input.add_file(*own, data_url(maker.request.body, type));
  return true;
}

void plan_invocation(plan_maker& maker) {
  auto& request = maker.request;
  if (!request.custom_attributes.empty())
    maker.plan.context = "{\"custom_attributes\":" + quoted(request.custom_attributes) + "}";
  auto begin = request.body.find_first_not_of(" \t\r\n");
  bool json = request.is_json() ||
    (!request.has_content_type && begin != std::string::npos &&
     (request.body[begin] == '{' || request.body[begin] == '['));
  if (json) {
    plan_json(maker);
  } else if (is_json_lines(maker)) {
    plan_lines(maker);
  } else {
    input_maker input{maker.api};
    if (add_raw_body(maker, input))
      give_bare(maker, input);
  }
}

void plan_invocation_stream(plan_maker& maker) {
  plan_invocation(maker);
  if (maker.plan.answer)
    maker.plan.answer = in_event_stream(std::move(maker.plan.answer));
}

}   // namespace cog
