#include "actors/run_list.hpp"
#include "actors/prediction_log.hpp"
#include <spdlog/spdlog.h>

// The way of a prediction through the process.

namespace cog {

run_list::run_list(const run_settings& settings, run_list_owner& owner, std::unique_ptr<alarm> alarm)
  : settings_{settings}, owner_{owner}, alarm_{std::move(alarm)} {
  // nop
}

void run_list::process_started(worker_channel& process, output_files files) {
  process_ = &process;
  files_ = std::move(files);
  numbers_ = {};
}

void run_list::add(std::unique_ptr<running_prediction> prediction) {
  bool waits = !is_async() && !running_.empty();
  auto& added = *running_.emplace_back(std::move(prediction));
  watch(added.deadline);
  if (batches()) {
    --batch_.missing;
    return send_when_complete();
  }
  if (!waits)
    begin(added);
  if (added.awaits_input)
    return;
  if (waits)
    send_next();
  else
    send(added);
}

void run_list::on_input(const request_ptr& request, const prepared_ptr& input) {
  auto* prediction = find(request);
  if (prediction == nullptr)
    return;
  prediction->awaits_input = false;
  prediction->prepared = input;
  if (batches())
    send_when_complete();
  else if (is_async())
    send(*prediction);
  else
    send_next();
}

void run_list::on_input_failed(const request_ptr& request, const std::string& reason) {
  if (auto* prediction = find(request))
    retire(*prediction, prediction_status::failed, "Input validation error: " + reason);
  if (batches())
    send_when_complete();
}

void run_list::begin(running_prediction& prediction) {
  log_start(*prediction.request);
  prediction.begun = true;
  if (prediction.events.is_heard())
    prediction.events.start();
  prediction.started = alarm_->now();
  prediction.started_at = std::chrono::system_clock::now();
  if (settings_.predict_timeout.count() > 0) {
    prediction.due = prediction.started + std::chrono::duration_cast<clock::duration>(settings_.predict_timeout);
    watch(prediction.due);
  }
  if (prediction.canceled || prediction.expired) {
    prediction.end_by = prediction.started + std::chrono::duration_cast<clock::duration>(settings_.cancel_timeout);
    watch(prediction.end_by);
  }
}

void run_list::begin_next() {
  if (batches() || process_ == nullptr || running_.empty() || running_.front()->begun)
    return;
  begin(*running_.front());
  send_next();
}

void run_list::send(running_prediction& prediction) {
  prediction.number = numbers_.next();
  auto [prefix, input, holder] = run_frame_of(prediction);
  process_->send(std::move(prefix), input, std::move(holder));
}

run_list::outgoing_run run_list::run_frame_of(const running_prediction& prediction) {
  auto& request = *prediction.request;
  if (prediction.prepared) {
    std::string_view input = prediction.prepared->json;
    auto meta =
      run_meta(request.context_json(), prediction.prepared->pointers, request.traceparent, request.tracestate);
    return {run_prefix(prediction.number, meta, input.size()), input, prediction.prepared};
  }
  auto input = request.input_json();
  auto meta = run_meta(request.context_json(), {}, request.traceparent, request.tracestate);
  return {run_prefix(prediction.number, meta, input.size()), input, prediction.request};
}

/// What a synchronous model is to run next goes to the process as soon as it overtakes nothing on the way there.
void run_list::send_next() {
  for (auto& prediction : running_) {
    if (prediction->awaits_input)
      return;
    if (prediction->number == 0)
      send(*prediction);
  }
}

running_prediction* run_list::find(uint64_t number) const {
  for (auto& prediction : running_)
    if (prediction->number == number)
      return prediction.get();
  return nullptr;
}

running_prediction* run_list::find(const request_ptr& request) const {
  for (auto* list : {&running_, &released_})
    for (auto& prediction : *list)
      if (prediction->request == request)
        return prediction.get();
  return nullptr;
}

running_prediction* run_list::find(const std::string& id) const {
  for (auto* list : {&running_, &released_})
    for (auto& prediction : *list)
      if (prediction->request->known_as() == id)
        return prediction.get();
  return nullptr;
}

/// The prediction that a frame belongs to; null when that has ended early, or the frame is a mistake.
running_prediction* run_list::find_or_reject(frame_kind kind, uint64_t number) {
  auto* prediction = find(number);
  if (prediction == nullptr && !numbers_.is_late(kind, number))
    process_->reject(fmt::format("a frame ({}) of prediction {}, which does not run", to_string(kind), number));
  return prediction;
}

void run_list::on_output(output_frame frame) {
  auto* prediction = find_or_reject(frame_kind::output, frame.number);
  if (prediction == nullptr || !measure(*prediction, frame.files))
    return;
  if (waits_for_uploads(*prediction, frame.files))
    await_uploads(*prediction, frame.chunk, std::move(frame.files));
  else
    add_chunk(*prediction, frame.chunk, std::move(frame.files));
}

bool run_list::add_chunk(running_prediction& prediction, std::string_view json, std::vector<output_file> files) {
  auto chunk = prediction.add_chunk(json, files);
  if (prediction.overflowed) {
    stop(prediction);
    return false;
  }
  if (prediction.events.chunk(std::move(chunk), std::move(files), prediction.output_folder))
    return true;
  prediction.overflowed = true;
  stop(prediction);
  return false;
}

void run_list::on_log(const log_frame& frame) {
  if (frame.number == 0)
    return add_log_to_all(frame.source, frame.text);
  if (auto* prediction = find_or_reject(frame_kind::log, frame.number))
    add_log(*prediction, frame.source, frame.text);
  else
    log_printed(nullptr, settings_.worker, frame.source, frame.text);
}

bool run_list::on_printed(log_source source, std::string_view text) {
  if (is_in_batch()) {
    add_log_to_all(source, text);
    return true;
  }
  if (running_.empty() || batches())
    return false;
  add_log(*running_.front(), source, text);
  return true;
}

void run_list::add_log(running_prediction& prediction, log_source source, std::string_view text) {
  if (auto added = prediction.logs.add(source == log_source::err, text); !added.text.empty())
    prediction.events.log(source, std::move(added));
  log_printed(prediction.request.get(), settings_.worker, source, text);
}

void run_list::on_metric(const metric_frame& frame) {
  auto* prediction = find_or_reject(frame_kind::metric, frame.number);
  if (prediction == nullptr)
    return;
  prediction->record(frame);
  if (prediction->overflowed)
    stop(*prediction);
}

}   // namespace cog
