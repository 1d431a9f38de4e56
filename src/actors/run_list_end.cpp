#include "actors/prediction_log.hpp"
#include "actors/run_list.hpp"
#include "prediction/duration.hpp"
#include <spdlog/spdlog.h>

// The end of a prediction: the model is done, or the process is.

namespace cog {

namespace {

constexpr std::chrono::microseconds same_read{200};

}   // namespace

bool run_list::on_done(worker_socket from, done_frame frame) {
  if (from == worker_socket::control)
    return on_done_unbegun(frame);
  if (batches())
    return on_batch_done(std::move(frame));
  auto* prediction = find_or_reject(frame_kind::done, frame.number);
  if (prediction == nullptr) {
    files_->folder_of(frame.number);   // what a task without a slot has left goes at once
    return false;
  }
  bool had_begun = prediction->begun;
  end_run(*prediction, std::move(frame));
  return had_begun;
}

/// A prediction that was cancelled before the process had begun it: it says so again in its turn. If that was faster,
/// nothing is left to do.
bool run_list::on_done_unbegun(const done_frame& frame) {
  auto* prediction = find(frame.number);
  bool expected = prediction ? prediction->was_stopped() : numbers_.was_sent(frame.number);
  if (!expected || frame.status != done_status::canceled) {
    process_->reject(
      fmt::format("a done frame of prediction {} on the control socket, which was not cancelled", frame.number));
    return false;
  }
  if (prediction == nullptr)
    return false;
  numbers_.end_early(frame.number);
  bool had_begun = prediction->begun;
  end_run(*prediction, frame);
  return had_begun;
}

/// The ends of a batch come together, and what was printed before the first of them is there then.
void run_list::read_pipes() {
  if (batches()) {
    auto now = alarm_->now();
    if (now - batch_.pipes_read < same_read)
      return;
    batch_.pipes_read = now;
  }
  process_->read_pipes();
}

void run_list::end_run(running_prediction& prediction, done_frame frame) {
  read_pipes();
  if (prediction.was_stopped())
    return retire_stopped(prediction);
  switch (frame.status) {
    case done_status::succeeded:
      if (!measure(prediction, frame.files))
        return retire(prediction, prediction_status::failed, "An output file has vanished");
      if (!prediction.uploads.error().empty() || !waits_for_uploads(prediction, frame.files))
        return retire_succeeded(prediction, std::move(frame));
      release(prediction);
      return await_uploads(prediction, frame.rest, std::move(frame.files), frame.shape);
    case done_status::undone:   // without a batch there is nothing to be undone for
    case done_status::failed:
      return retire(prediction, prediction_status::failed, std::string{frame.rest});
    case done_status::canceled:
      return retire(prediction, prediction_status::canceled);
  }
}

void run_list::retire_succeeded(running_prediction& prediction, done_frame frame) {
  if (auto& error = prediction.uploads.error(); !error.empty())
    return retire(prediction, prediction_status::failed, error);
  auto shape = frame.shape;
  auto json = frame.rest;
  prediction.set_value(std::move(frame), model_->document && model_->document->output_is_array);
  if (prediction.overflowed)
    return retire_stopped(prediction);
  prediction.events.result(shape, json, prediction.output, prediction.output_folder);
  retire(prediction, prediction_status::succeeded);
}

void run_list::retire_stopped(running_prediction& prediction) {
  if (prediction.expired)
    retire(prediction, prediction_status::canceled,
           fmt::format("Deadline of {} passed {} it ran", duration_text(prediction.request->time_limit),
                       prediction.has_run() ? "while" : "before"));
  else if (prediction.canceled)
    retire(prediction, prediction_status::canceled, prediction.why_canceled);
  else if (prediction.overflowed)
    retire(prediction, prediction_status::failed,
           fmt::format("The output does not fit into memory: outputs and logs of all predictions may hold {} bytes "
                       "(COG_MAX_OUTPUT_MEMORY)",
                       settings_.max_output_memory));
  else
    retire(
      prediction, prediction_status::failed,
      fmt::format("Prediction timed out after {} seconds (COG_PREDICT_TIMEOUT)", settings_.predict_timeout.count()));
}

void run_list::retire(running_prediction& prediction, prediction_status status, std::string error) {
  auto ended = remove(prediction);
  if (!ended->uploads.empty() && ended->output_folder)
    owner_.stop_uploads(*ended->output_folder);
  ended->uploads.clear();
  if (status != prediction_status::succeeded)
    remove_strays(*ended);
  auto result = ended->finish(status, std::move(error));
  if (ended->begun)
    last_took_ = real_seconds{result->predict_time};
  log_end(*ended->request, *result);
  owner_.on_retired(ended->request, result);
  ended->events.completed(result);
  if (ended->expired && !ended->has_run()) {
    auto answer = std::make_shared<prediction_snapshot>(*result);
    answer->too_late = true;
    result = std::move(answer);
  }
  ended->answer(result);
}

run_list::prediction_ptr run_list::remove(running_prediction& prediction) {
  auto& list = prediction.released ? released_ : running_;
  for (auto entry = list.begin(); entry != list.end(); ++entry)
    if (entry->get() == &prediction) {
      auto removed = std::move(*entry);
      list.erase(entry);
      begin_next();
      return removed;
    }
  return nullptr;
}

void run_list::give_back_unbegun() {
  for (auto place = running_.size(); place-- > 0;) {   // the last first: each goes before those that wait
    if (!running_[place]->begun && !running_[place]->was_stopped())
      give_back(place);
  }
}

void run_list::give_back(size_t place) {
  auto unbegun = std::move(running_[place]);
  running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(place));
  owner_.on_retired(unbegun->request, nullptr);
  unbegun->give_back();
}

void run_list::process_ended(const std::string& error, end_kind how) {
  process_ = nullptr;
  if (batches())
    lose_batch(how);
  retire_all(error);
  files_.reset();
  if (batch_.number != 0 && batch_.parts.empty())
    end_batch(0);
}

void run_list::retire_all(const std::string& error) {
  for (auto place = running_.size(); place-- > 0;) {
    auto& prediction = *running_[place];
    if (waits_for_part(prediction))
      continue;
    stop_input(prediction);
    if (prediction.was_stopped())
      retire_stopped(prediction);
    else
      retire(prediction, prediction_status::failed, error);
  }
}

void run_list::clear(const std::string& error) {
  process_ended(error);
  while (!released_.empty())
    retire(*released_.back(), prediction_status::failed, error);
  alarm_->clear();
}

}   // namespace cog
