#include "actors/running_prediction.hpp"
#include "io/memory_reserve.hpp"
#include "prediction/visible_input.hpp"
#include <new>
#include <optional>

namespace cog {

namespace {

constexpr size_t large_text = 1024 * 1024;   // bytes

}   // namespace

text_slice running_prediction::keep(std::string_view json, std::string_view separator) try {
  std::optional<refusable_memory> refusable;
  if (json.size() > large_text)
    refusable.emplace();
  auto slice = text.append(json, separator);
  overflowed = overflowed || (!json.empty() && !slice.holder);
  return slice;
} catch (const std::bad_alloc&) {
  overflowed = true;
  return {};
}

void running_prediction::record(const metric_frame& metric) try {
  std::optional<refusable_memory> refusable;
  if (metric.value.size() > large_text)
    refusable.emplace();
  if (events.metric(metric.mode, metric.name, metric.value))
    metrics.apply(static_cast<uint8_t>(metric.mode), metric.name, metric.value);
  else
    overflowed = true;
} catch (const std::bad_alloc&) {
  overflowed = true;
}

text_slice running_prediction::add_chunk(std::string_view json, const std::vector<output_file>& files) {
  auto chunk = keep(json, output.json.empty() ? "" : ",");
  if (chunk.holder) {
    output.append(chunk, files);
    if (chunks++ == 0)
      first_output = std::chrono::duration<double>(clock::now() - started).count();
  }
  return chunk;
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
        output.json.append(keep(frame.rest));
      output.files = std::move(frame.files);
      return;
    case done_shape::chunk_list:
      output.form = prediction_output::shape::chunks;
      output.json.append(keep(frame.rest.substr(1, frame.rest.size() - 2)));
      output.files = std::move(frame.files);
      for (auto& file : output.files)
        --file.at.offset;
      return;
  }
}

std::shared_ptr<prediction_snapshot> running_prediction::describe(prediction_status status) const {
  auto result = std::make_shared<prediction_snapshot>();
  result->id = request->id;
  result->owned_id = request->owned_id;
  result->status = status;
  result->journal = events.journal().text();
  result->metrics = metrics.members();
  result->created = request->created;
  if (request->has_deadline())
    result->deadline = request->deadline_time();
  if (begun)
    result->started = started_at;
  if (output_folder && !output.files.empty())
    result->folders.push_back(output_folder);
  return result;
}

snapshot_ptr running_prediction::snapshot(const model_document* document) {
  if (shown_input.empty())
    shown_input = shared_visible_input(*request, document);
  auto result = describe(begun ? prediction_status::processing : prediction_status::starting);
  result->input = shown_input;
  result->output = output;
  result->logs = logs.text();
  return result;
}

void running_prediction::start_over() {
  number = 0;
  metrics = {};
  output_folder = nullptr;
  files_written = 0;
}

snapshot_ptr running_prediction::finish(prediction_status status, std::string error) {
  logs.end();
  if (batch_size > 0 && !metrics.contains("batch_size"))
    metrics.apply(static_cast<uint8_t>(metric_mode::replace), "batch_size", std::to_string(batch_size));
  auto result = describe(status);
  result->output = std::move(output);
  result->logs = logs.text();
  result->memory = text.allocated() + logs.allocated() + events.journal().allocated();
  result->error = std::move(error);
  result->chunks = chunks;
  result->first_output = first_output;
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
