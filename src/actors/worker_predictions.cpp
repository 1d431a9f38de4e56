#include "actors/worker.hpp"
#include "actors/prediction_log.hpp"
#include "caf_asio/asio_unit.hpp"
#include <algorithm>
#include <spdlog/spdlog.h>

namespace cog {

namespace {

/// Waking a sleeping thread takes 27 to 58 us (measured), twice a prediction: a wait shorter than that is spent awake.
constexpr std::chrono::microseconds short_wait{100};

}   // namespace

caf::result<snapshot_ptr> worker::run(const request_ptr& request, const companions& others) {
  if (phase_ != worker_phase::ready) {
    // It was on its way when the process died. The router has heard of the death by now and finds another place.
    send(settings_->router, atom::retire_v, index_, request, snapshot_ptr{});
    return delegate(settings_->router, atom::rerun_v, request, others);
  }
  auto prediction = std::make_unique<running_prediction>(settings_->config.stream_history);
  prediction->request = request;
  prediction->others = others;
  prediction->promise = make_response_promise<snapshot_ptr>();
  auto promise = prediction->promise;
  bool waits = !model_->async && !running_.empty();
  auto& added = *running_.emplace_back(std::move(prediction));
  added.followers = others.streams;
  if (!waits)
    begin(added);
  if (!others.streams.empty() || others.courier)
    begin_events(added);
  if (others.inputs)
    this->request(others.inputs, caf::infinite, atom::prepare_v)
      .then(
        [this, request](const prepared_ptr& prepared) {
          if (auto* prediction = find_request(request)) {
            prediction->others.inputs = nullptr;
            prediction->prepared = prepared;
            send_run(*prediction);
            send_next();
          }
        },
        [this, request](const caf::error& error) {
          if (auto* prediction = find_request(request))
            finish(*prediction, prediction_status::failed, "Input validation error: " + text_of(error));
        });
  else if (!waits)
    send_run(added);
  else
    send_next();
  return promise;
}

void worker::begin(running_prediction& prediction) {
  log_start(*prediction.request);
  prediction.begun = true;
  prediction.started = clock::now();
  prediction.started_at = std::chrono::system_clock::now();
  auto& config = settings_->config;
  if (config.predict_timeout.count() > 0) {
    prediction.due = prediction.started + std::chrono::duration_cast<clock::duration>(config.predict_timeout);
    watch(prediction.due);
  }
  if (prediction.canceled) {
    prediction.end_by = prediction.started + std::chrono::duration_cast<clock::duration>(config.cancel_timeout);
    watch(prediction.end_by);
  }
}

void worker::send_run(running_prediction& prediction) {
  prediction.number = ++last_number_;
  auto& request = *prediction.request;
  if (prediction.prepared) {
    std::string_view input = prediction.prepared->json;
    auto meta =
      run_meta(request.context_json(), prediction.prepared->pointers, request.traceparent, request.tracestate);
    process_->send(run_prefix(prediction.number, meta, input.size()), input, prediction.prepared);
  } else {
    auto input = request.input_json();
    auto meta = run_meta(request.context_json(), {}, request.traceparent, request.tracestate);
    process_->send(run_prefix(prediction.number, meta, input.size()), input, prediction.request);
  }
  if (running_.size() == 1 && last_took_ < short_wait)
    caf_asio::stay_awake_until(clock::now() + short_wait);
}

void worker::begin_next() {
  if (running_.empty() || running_.front()->begun)
    return;
  begin(*running_.front());
  send_next();
}

/// What a synchronous model is to run next goes to the process as soon as it overtakes nothing on the way there.
void worker::send_next() {
  for (auto& prediction : running_) {
    if (prediction->others.inputs)
      return;
    if (prediction->number == 0)
      send_run(*prediction);
  }
}

running_prediction* worker::find_number(uint64_t number) const {
  for (auto& prediction : running_)
    if (prediction->number == number)
      return prediction.get();
  return nullptr;
}

running_prediction* worker::find_request(const request_ptr& request) const {
  for (auto* list : {&running_, &released_})
    for (auto& prediction : *list)
      if (prediction->request == request)
        return prediction.get();
  return nullptr;
}

running_prediction* worker::find_id(const std::string& id) const {
  for (auto* list : {&running_, &released_})
    for (auto& prediction : *list)
      if (prediction->request->id == id)
        return prediction.get();
  return nullptr;
}

caf::result<snapshot_ptr> worker::find(const std::string& id) {
  if (auto* prediction = find_id(id))
    return prediction->snapshot(model_->document.get());
  return delegate(settings_->router, atom::find_v, id);
}

void worker::on_output(std::string_view payload) {
  auto frame = parse_output(payload);
  auto* prediction = frame ? find_number(frame->number) : nullptr;
  if (prediction == nullptr)
    return;
  if (!take_files(*prediction, frame->files))
    return;
  if (holds(*prediction, frame->files))
    return hold(*prediction, frame->chunk, std::move(frame->files));
  emit_chunk(*prediction, frame->chunk, frame->files);
  prediction->add_chunk(std::move(*frame));
}

void worker::on_log(std::string_view payload) {
  auto frame = parse_log(payload);
  if (!frame)
    return;
  if (frame->number == 0 && phase_ != worker_phase::ready && !set_up_)
    return on_setup_text(frame->source, frame->text);
  auto* prediction = frame->number == 0 ? nullptr : find_number(frame->number);
  if (prediction != nullptr)
    add_log(*prediction, frame->source, frame->text);
  else
    log_printed(nullptr, index_, frame->source, frame->text);
}

void worker::add_log(running_prediction& prediction, log_source source, std::string_view text) {
  if (auto added = prediction.add_log(text, settings_->config.max_log_bytes); !added.empty()) {
    prediction_event event;
    event.what = prediction_event::kind::log;
    event.from_stderr = source == log_source::err;
    event.text = added;
    emit(prediction, std::move(event));
  }
  log_printed(prediction.request.get(), index_, source, text);
}

void worker::on_metric(std::string_view payload) {
  auto frame = parse_metric(payload);
  if (!frame)
    return;
  auto* prediction = find_number(frame->number);
  if (prediction == nullptr)
    return;
  auto mode = static_cast<uint8_t>(frame->mode);
  prediction_event event;
  event.what = prediction_event::kind::metric;
  event.mode = mode;
  event.name = frame->name;
  event.text = frame->value;
  emit(*prediction, std::move(event));
  prediction->metrics.apply(mode, frame->name, frame->value);
}

void worker::on_done(std::string_view payload) {
  end_prediction(payload);
  if (poisoned_)
    process_->kill();
}

void worker::end_prediction(std::string_view payload) {
  auto frame = parse_done(payload);
  auto* prediction = frame ? find_number(frame->number) : nullptr;
  if (prediction == nullptr)
    return;
  process_->read_pipes();
  if (prediction->begun)
    restarts_.prediction_ended();
  if (prediction->canceled || prediction->timed_out)
    return finish_stopped(*prediction);
  switch (frame->status) {
    case done_status::succeeded:
      if (!take_files(*prediction, frame->files))
        return finish(*prediction, prediction_status::failed, "An output file has vanished");
      if (!prediction->upload_error.empty() || !holds(*prediction, frame->files))
        return succeed(*prediction, std::move(*frame));
      release(*prediction);
      return hold(*prediction, frame->rest, std::move(frame->files), frame->shape);
    case done_status::failed:
      return finish(*prediction, prediction_status::failed, std::string{frame->rest});
    case done_status::canceled:
      return finish(*prediction, prediction_status::canceled);
  }
}

void worker::succeed(running_prediction& prediction, done_frame frame) {
  if (!prediction.upload_error.empty())
    return finish(prediction, prediction_status::failed, prediction.upload_error);
  emit_result(prediction, frame);
  prediction.set_value(std::move(frame), model_->document && model_->document->output_is_array);
  finish(prediction, prediction_status::succeeded);
}

worker::running_ptr worker::take_out(running_prediction& prediction) {
  for (auto* list : {&running_, &released_})
    for (auto entry = list->begin(); entry != list->end(); ++entry)
      if (entry->get() == &prediction) {
        auto taken = std::move(*entry);
        list->erase(entry);
        begin_next();
        return taken;
      }
  return nullptr;
}

void worker::finish(running_prediction& prediction, prediction_status status, std::string error) {
  auto ended = take_out(prediction);
  stop_uploads(*ended);
  auto result = ended->finish(status, std::move(error));
  if (ended->begun)
    last_took_ = std::chrono::duration<double>{result->predict_time};
  log_end(*ended->request, *result);
  send(settings_->router, atom::retire_v, index_, ended->request, result);
  emit_end(*ended, result);
  ended->promise.deliver(std::move(result));
}

void worker::stop_inputs(running_prediction& prediction) {
  if (prediction.others.inputs)
    send_exit(std::exchange(prediction.others.inputs, nullptr), caf::exit_reason::user_shutdown);
}

/// The process has died without a look at it.
void worker::give_back_next() {
  for (auto place = running_.size(); place-- > 0;) {   // the last first: each goes before those that wait
    if (running_[place]->begun || running_[place]->canceled)
      continue;
    auto next = std::move(running_[place]);
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(place));
    send(settings_->router, atom::retire_v, index_, next->request, snapshot_ptr{});
    next->promise.delegate(settings_->router, atom::rerun_v, next->request, next->others);
  }
}

void worker::fail_all(const std::string& error) {
  while (!running_.empty()) {
    auto& prediction = *running_.back();
    stop_inputs(prediction);
    keep_folder(prediction);   // a crash may have left files there
    if (prediction.canceled || prediction.timed_out)
      finish_stopped(prediction);
    else
      finish(prediction, prediction_status::failed, error);
  }
}

}   // namespace cog
