#include "http/dialects/text_answer.hpp"

namespace cog {

namespace {

/// The message that a model has made itself, or nothing.
std::string message_of(const json_value* value) {
  if (!value || !value->is(json_kind::object) || !value->find("content"))
    return {};
  auto* calls = value->find("tool_calls");
  return calls && !calls->items.empty() ? std::string{value->raw} : std::string{};
}

}   // namespace

std::string data_frame(std::string_view json) {
  return "data: " + std::string{json} + "\n\n";
}

std::string piece_text(std::string_view json) {
  json_error error;
  auto value = parse_json(json, error);
  return value ? plain_text(*value) : std::string{};
}

std::vector<text_choice> text_answer::choices_of(const result_list& results) const {
  std::vector<text_choice> choices;
  for (auto& result : results) {
    output_view view{*result, *facts().api};
    auto message = message_of(view.tree());
    auto texts = view.texts();
    bool one = facts().api->output.iterator || results.size() > 1 || !facts().api->input_of(input_role::n);
    if (one)
      texts = {view.text()};
    for (auto& text : texts) {
      stop_filter filter{stops_};
      text_choice choice{filter.add(text), view.finish_reason(), message};
      choice.text += filter.finish();
      if (filter.has_stopped())
        choice.finish_reason = "stop";
      else if (!message.empty())
        choice.finish_reason = "tool_calls";
      choices.push_back(std::move(choice));
    }
  }
  return choices;
}

void text_answer::answer(const result_list& results, http_response& response, answer_text& body) {
  auto choices = choices_of(results);
  token_usage usage;
  for (auto& result : results)
    usage += usage_of(*result);
  if (!as_stream) {
    body.emplace_back(whole(choices, usage));
    return;
  }
  head(response);
  auto frames = begin_frames(choices.size());
  for (size_t at = 0; at < choices.size(); ++at) {
    frames += piece_frame(at, choices[at].text);
    frames += end_frame(at, choices[at]);
  }
  frames += last_frames(usage);
  body.emplace_back(std::move(frames));
}

answer_text text_answer::begin() {
  return {begin_frames(1)};
}

answer_text text_answer::render(const prediction_event& event) {
  using kind = prediction_event::kind;
  if (event.what == kind::output)
    return {on_piece(piece_text(event.text.text))};
  if (event.what == kind::completed)
    return {on_end(*event.end)};
  if (event.what == kind::truncated)
    return {error_frames({dialect_fault::failed, "Events of the stream were lost", {}})};
  return {};
}

std::string text_answer::on_piece(const std::string& text) {
  if (told_end_)
    return {};
  auto certain = filter_.add(text);
  auto frames = certain.empty() ? std::string{} : piece_frame(0, certain);
  told_ += certain;
  if (!filter_.has_stopped())
    return frames;
  told_end_ = true;
  facts().stop();
  frames += end_frame(0, {told_, "stop", {}});
  frames += last_frames({});
  return frames;
}

std::string text_answer::on_end(const prediction_snapshot& end) {
  if (told_end_)
    return {};
  if (end.status != prediction_status::succeeded)
    return error_frames(error_of(end));
  auto rest = filter_.finish();
  auto frames = rest.empty() ? std::string{} : piece_frame(0, rest);
  told_ += rest;
  frames += end_frame(0, {told_, finish_reason_of(end), {}});
  frames += last_frames(usage_of(end));
  return frames;
}

}   // namespace cog
