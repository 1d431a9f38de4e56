#include "http/dialects/openai.hpp"
#include "http/dialects/text_answer.hpp"
#include "json/json_writer.hpp"
#include <cmath>
#include <spdlog/fmt/fmt.h>

namespace cog {

namespace {

enum class transcript_format : uint8_t { json, text, verbose, srt, vtt };

struct segment {
  double start = 0;   // seconds
  double end = 0;
  std::string text;
};

std::vector<segment> segments_of(const json_value* output) {
  std::vector<segment> found;
  auto* all = output ? output->find("segments") : nullptr;
  if (!all)
    return found;
  for (auto& one : all->items) {
    auto* start = one.find("start");
    auto* end = one.find("end");
    auto* text = one.find("text");
    if (start && end && text && start->is(json_kind::number) && end->is(json_kind::number))
      found.push_back({static_cast<double>(number_value(start->raw)), static_cast<double>(number_value(end->raw)),
                       plain_text(*text)});
  }
  return found;
}

std::string clock(double seconds, char point) {
  auto all = static_cast<uint64_t>(std::llround(std::max(seconds, 0.0) * 1000));
  return fmt::format("{:02}:{:02}:{:02}{}{:03}", all / 3600000, all / 60000 % 60, all / 1000 % 60, point, all % 1000);
}

std::string captions(const std::vector<segment>& segments, bool srt) {
  std::string out = srt ? "" : "WEBVTT\n\n";
  size_t number = 0;
  for (auto& one : segments) {
    if (srt)
      out += std::to_string(++number) + "\n";
    auto point = srt ? ',' : '.';
    auto text = one.text.substr(std::min(one.text.find_first_not_of(' '), one.text.size()));
    out += clock(one.start, point) + " --> " + clock(one.end, point) + "\n" + text + "\n\n";
  }
  return out;
}

class transcript_answer : public text_answer {
public:
  transcript_answer(transcript_format format, std::string task) : format_{format}, task_{std::move(task)} {
    // nop
  }

  void answer(const result_list& results, http_response& response, answer_text& body) override {
    if (as_stream || format_ == transcript_format::json)
      return text_answer::answer(results, response, body);
    output_view view{*results.front(), *facts().api};
    auto segments = segments_of(view.tree());
    if (format_ == transcript_format::text || !segments.empty()) {
      if (format_ != transcript_format::verbose)
        response.content_type = "text/plain; charset=utf-8";
      body.emplace_back(format_ == transcript_format::text ? view.text()
                          : format_ == transcript_format::verbose
                          ? verbose(view, segments)
                          : captions(segments, format_ == transcript_format::srt));
      return;
    }
    response =
      render_error(dialect::openai,
                   {dialect_fault::unsupported,
                    "This model's output has no `segments`, which this response_format is made of", "response_format"});
  }

protected:
  std::string whole(const std::vector<text_choice>& choices, const token_usage&) override {
    return "{\"text\":" + quoted(choices.front().text) + "}";
  }
  std::string begin_frames(size_t) override { return {}; }
  std::string piece_frame(size_t, const std::string& text) override {
    return data_frame(R"({"type":"transcript.text.delta","delta":)" + quoted(text) + "}");
  }
  std::string end_frame(size_t, const text_choice& end) override {
    return data_frame(R"({"type":"transcript.text.done","text":)" + quoted(end.text) + "}");
  }
  std::string last_frames(const token_usage&) override { return {}; }
  std::string error_frames(const dialect_error& error) override {
    return data_frame(error_text(dialect::openai, error));
  }

private:
  std::string verbose(const output_view& view, const std::vector<segment>& segments) const {
    std::string out;
    json_writer json{out};
    json.open("", '{');
    for (auto& [name, value] : view.tree()->members)
      if (name != "task" && name != "language" && name != "duration" && name != "text")
        json.raw(name, value.raw);
    auto member = [&](const char* name, const std::string& otherwise) {
      auto* value = view.tree()->find(name);
      json.raw(name, value ? std::string{value->raw} : otherwise);
    };
    member("task", quoted(task_));
    member("language", "\"\"");
    member("duration", fmt::format("{}", segments.back().end));
    member("text", quoted(view.text()));
    json.close('}');
    return out;
  }

  transcript_format format_;
  std::string task_;
};

bool read_format(plan_maker& maker, std::string_view word, transcript_format& format) {
  if (word.empty() || word == "json")
    format = transcript_format::json;
  else if (word == "text")
    format = transcript_format::text;
  else if (word == "verbose_json")
    format = transcript_format::verbose;
  else if (word == "srt")
    format = transcript_format::srt;
  else if (word == "vtt")
    format = transcript_format::vtt;
  else
    return maker.bad("response_format must be json, text, verbose_json, srt or vtt", "response_format");
  return true;
}

void plan(plan_maker& maker, const char* task) {
  if (!maker.read_form() || !maker.demand(operation::transcriptions))
    return;
  input_maker input{maker.api};
  auto& audio = *maker.api.input_of(input_role::audio);
  auto format = transcript_format::json;
  bool stream = false;
  for (auto& part : maker.parts()) {
    auto* own = maker.api.find(part.name);
    if (part.name == "file") {
      auto name = part.file_name == "upload" ? std::string{} : part.file_name;
      if (!input.add_file(audio, data_url(part.body, part.type, name))) {
        maker.bad("One file can be transcribed at a time", "file");
        return;
      }
    } else if (part.name == "response_format") {
      if (!read_format(maker, part.body, format))
        return;
    } else if (part.name == "stream") {
      stream = part.body == "true" || part.body == "True" || part.body == "1";
    } else if (part.name != "model" && own && own->kind != value_kind::file) {
      input.set_text(*own, part.body);
    }
  }
  if (!input.has(audio)) {
    maker.bad("file is missing", "file");
    return;
  }
  if (auto* own = maker.api.find("task"); own && !input.has(*own) && std::string_view{task} == "translate")
    input.set_text(*own, task);
  maker.plan.inputs = {input.json()};
  maker.plan.streams = stream;
  auto answer = std::make_shared<transcript_answer>(format, task);
  answer->as_stream = stream;
  maker.plan.answer = std::move(answer);
}

}   // namespace

void plan_transcription(plan_maker& maker) {
  plan(maker, "transcribe");
}

void plan_translation(plan_maker& maker) {
  plan(maker, "translate");
}

}   // namespace cog
