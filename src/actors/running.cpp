#include "actors/running.hpp"
#include "prediction/json_text.hpp"
#include "prediction/shown_input.hpp"

namespace cog {

namespace {

constexpr std::string_view log_mark = "\n[**** LOG TRUNCATED: COG_MAX_LOG_BYTES REACHED ****]\n";

}   // namespace

std::string with_urls(const held_output& output) {
  std::string json;
  size_t written = 0;
  for (size_t i = 0; i < output.files.size(); ++i) {
    auto& place = output.files[i].at;
    json.append(output.json, written, place.offset - written);
    append_json_string(json, output.urls[i]);
    written = place.offset + place.length;
  }
  return json.append(output.json, written);
}

std::string_view running_prediction::add_log(std::string_view text, uint64_t limit) {
  if (log_ended)
    return {};
  auto before = logs.size();
  if (before + text.size() <= limit) {
    logs += text;
    return text;
  }
  auto room = limit - logs.size();
  while (room > 0 && (text[room] & 0xC0) == 0x80)   // not in the middle of a character
    --room;
  logs += text.substr(0, room);
  logs += log_mark;
  log_ended = true;
  return std::string_view{logs}.substr(before);
}

void running_prediction::add_chunk(output_frame&& frame) {
  output.form = prediction_output::shape::chunks;
  if (!output.ends.empty())
    output.json += ',';
  for (auto& file : frame.files) {
    file.at.offset += output.json.size();
    output.files.push_back(std::move(file));
  }
  output.json += frame.chunk;
  output.ends.push_back(output.json.size());
}

void running_prediction::set_value(done_frame&& frame, bool list) {
  switch (frame.shape) {
    case done_shape::sent_chunks:
      output.form = prediction_output::shape::chunks;
      return;
    case done_shape::value:
      list = list && !frame.rest.starts_with('[');
      output.form = list ? prediction_output::shape::chunks : prediction_output::shape::value;
      if (!list || frame.rest != "null")
        output.json = frame.rest;
      output.files = std::move(frame.files);
      return;
    case done_shape::chunk_list:
      output.form = prediction_output::shape::chunks;
      output.json = frame.rest.substr(1, frame.rest.size() - 2);
      output.files = std::move(frame.files);
      for (auto& file : output.files)
        --file.at.offset;
      return;
  }
}

std::shared_ptr<prediction_snapshot> running_prediction::describe(prediction_status status) const {
  auto result = std::make_shared<prediction_snapshot>();
  result->id = request->id;
  result->status = status;
  result->metrics = metrics.members();
  result->created = request->created;
  if (begun)
    result->started = started_at;
  if (output_folder && !output.files.empty())
    result->folders.push_back(output_folder);
  return result;
}

snapshot_ptr running_prediction::snapshot(const model_document* document) const {
  auto result = describe(begun ? prediction_status::processing : prediction_status::starting);
  result->input = shown_input(*request, document);
  result->output = output;
  result->logs = logs;
  return result;
}

snapshot_ptr running_prediction::finish(prediction_status status, std::string error) {
  auto result = describe(status);
  result->output = std::move(output);
  result->logs = std::move(logs);
  result->error = std::move(error);
  if (!begun) {
    result->completed = std::chrono::system_clock::now();
    return result;
  }
  auto elapsed = clock::now() - started;
  result->predict_time = std::chrono::duration<double>(elapsed).count();
  result->completed = started_at + std::chrono::duration_cast<std::chrono::system_clock::duration>(elapsed);
  return result;
}

}   // namespace cog
