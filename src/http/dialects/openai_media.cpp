#include "http/dialects/chat_messages.hpp"
#include "http/dialects/openai.hpp"
#include "http/dialects/text_answer.hpp"
#include "json/json_writer.hpp"
#include <charconv>

namespace cog {

namespace {

constexpr uint64_t most_images = 10;

class image_answer : public dialect_answer {
public:
  explicit image_answer(bool as_url) : as_url_{as_url} {
    // nop
  }

  void answer(const result_list& results, http_response&, answer_text& body) override {
    tail_of(body) += "{\"created\":" + std::to_string(facts().created) + ",\"data\":[";
    auto separator = "";
    for (auto& result : results)
      for (auto& file : output_view{*result, *facts().api}.files()) {
        tail_of(body).append(separator).append(as_url_ ? "{\"url\":" : "{\"b64_json\":\"");
        separator = ",";
        body.emplace_back(file);
        std::get<output_file>(body.back()).bare = !as_url_;
        tail_of(body) += as_url_ ? "}" : "\"}";
      }
    tail_of(body) += "]}";
  }

private:
  bool as_url_;
};

class speech_answer : public dialect_answer {
public:
  void answer(const result_list& results, http_response& response, answer_text& body) override {
    auto files = output_view{*results.front(), *facts().api}.files();
    if (files.empty()) {
      response = render_error(dialect::openai, {dialect_fault::failed, "The model has returned no file", {}});
      return;
    }
    type_ = files.front().mime;
    response.content_type = type_;
    body.emplace_back(raw_file{files.front().path, 0, files.front().size});
  }

private:
  std::string type_;
};

bool add_size(plan_maker& maker, input_maker& input, const std::string& size) {
  if (size.empty() || size == "auto")
    return true;
  auto& places = maker.api.roles[static_cast<size_t>(input_role::size)];
  if (places.empty())
    return true;
  if (places.size() == 1)
    return input.set_text(input_role::size, size);
  auto cross = size.find('x');
  uint64_t width = 0, height = 0;
  auto number = [&](std::string_view text, uint64_t& value) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
  };
  if (cross == std::string::npos || !number(std::string_view{size}.substr(0, cross), width) ||
      !number(std::string_view{size}.substr(cross + 1), height))
    return maker.bad("size must be WIDTHxHEIGHT or auto", "size");
  input.set_raw(maker.api.inputs[places[0]], std::to_string(width));
  input.set_raw(maker.api.inputs[places[1]], std::to_string(height));
  return true;
}

bool refuse(plan_maker& maker, const char* what) {
  return maker.fail(dialect_fault::unsupported, std::string{"This server does not serve `"} + what + "` here", what);
}

/// A part of a form as a file of the model.
bool add_part(plan_maker& maker, input_maker& input, const model_input& own, const form_part& part) {
  auto name = part.file_name == "upload" ? std::string{} : part.file_name;
  if (!input.add_file(own, data_url(part.body, part.type, name)))
    return maker.bad("The input `" + own.name + "` takes one file", part.name);
  return true;
}

}   // namespace

void plan_images(plan_maker& maker) {
  if (!maker.read_json() || !maker.demand(operation::images))
    return;
  if (maker.truthy("stream") || maker.truthy("partial_images")) {
    refuse(maker, "stream");
    return;
  }
  auto* prompt = maker.field("prompt");
  if (!prompt) {
    maker.bad("prompt is missing", "prompt");
    return;
  }
  input_maker input{maker.api};
  input.set(input_role::prompt, *prompt);
  if (!add_size(maker, input, maker.text("size")))
    return;
  if (auto* format = maker.field("output_format"))
    input.set(input_role::format, *format);
  maker.add_extras(input, {"prompt", "n", "size", "model", "response_format", "output_format", "stream", "user"});
  if (add_count(maker, input, most_images))
    maker.plan.answer = std::make_shared<image_answer>(maker.text("response_format") == "url");
}

void plan_image_edit(plan_maker& maker) {
  if (!maker.read_form() || !maker.demand(operation::image_edits))
    return;
  input_maker input{maker.api};
  bool as_url = false;
  uint64_t count = 1;
  for (auto& part : maker.parts()) {
    auto* own = part.name == "image" ? maker.api.input_of(input_role::image) : maker.api.find(part.name);
    if (part.is_file) {
      if (!own || own->kind != value_kind::file) {
        maker.fail(dialect_fault::unsupported, "This model has no file input `" + part.name + "`", part.name);
        return;
      }
      if (!add_part(maker, input, *own, part))
        return;
    } else if (part.name == "response_format") {
      as_url = part.body == "url";
    } else if (part.name == "n") {
      std::from_chars(part.body.data(), part.body.data() + part.body.size(), count);
    } else if (part.name == "size") {
      if (!add_size(maker, input, std::string{part.body}))
        return;
    } else if (part.name == "prompt") {
      input.set_text(input_role::prompt, part.body);
    } else if (own) {
      input.set_text(*own, part.body);
    }
  }
  if (count < 1 || count > most_images) {
    maker.bad("n must be from 1 to " + std::to_string(most_images), "n");
    return;
  }
  maker.plan.inputs.assign(count, input.json());
  maker.plan.answer = std::make_shared<image_answer>(as_url);
}

void refuse_image_variation(plan_maker& maker) {
  maker.fail(dialect_fault::unsupported, "This server does not serve variations of images");
}

void plan_speech(plan_maker& maker) {
  if (!maker.read_json() || !maker.demand(operation::speech))
    return;
  if (maker.text("stream_format") == "sse") {
    refuse(maker, "stream_format");
    return;
  }
  auto* text = maker.field("input");
  if (!text) {
    maker.bad("input is missing", "input");
    return;
  }
  input_maker input{maker.api};
  input.set(input_role::prompt, *text);
  if (auto* voice = maker.field("voice"))
    input.set(input_role::voice, *voice);
  if (auto* format = maker.field("response_format"))
    input.set(input_role::format, *format);
  if (auto* manner = maker.field("instructions"))
    input.set(input_role::system, *manner);
  maker.add_extras(input, {"input", "voice", "model", "response_format", "instructions", "stream_format"});
  maker.plan.inputs = {input.json()};
  maker.plan.answer = std::make_shared<speech_answer>();
}

}   // namespace cog
