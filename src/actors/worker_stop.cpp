#include "actors/worker.hpp"
#include "actors/prediction_log.hpp"
#include <algorithm>
#include <spdlog/spdlog.h>

// The end of predictions before their time: cancelled, or too long.

namespace cog {

void worker::cancel(const request_ptr& request) {
  auto* prediction = find_request(request);
  if (prediction == nullptr)   // ended, or given back when the process had died: the router knows
    return send(settings_->router, atom::cancel_v, request);
  if (prediction->canceled)
    return;
  log_cancel(*request);
  prediction->canceled = true;
  stop(*prediction);
}

void worker::stop(running_prediction& prediction) {
  if (prediction.number == 0 || is_released(prediction)) {
    stop_inputs(prediction);
    return finish_stopped(prediction);
  }
  if (prediction.end_by != clock::time_point::max())
    return;
  process_->send_control(cancel_frame(prediction.number));
  if (!prediction.begun)
    return;   // the process says whether it has come too late
  if (model_->async) {
    prediction.ping = ++last_question_;
    process_->send_control(ping_frame(prediction.ping));
  }
  prediction.end_by = clock::now() + std::chrono::duration_cast<clock::duration>(settings_->config.cancel_timeout);
  watch(prediction.end_by);
}

void worker::finish_stopped(running_prediction& prediction) {
  if (prediction.canceled)
    finish(prediction, prediction_status::canceled);
  else
    finish(prediction, prediction_status::failed,
           fmt::format("Prediction timed out after {} seconds (COG_PREDICT_TIMEOUT)",
                       settings_->config.predict_timeout.count()));
}

void worker::watch(clock::time_point moment) {
  if (moment < overdue_at_) {
    overdue_at_ = moment;
    overdue_.set_at(moment);
  }
}

void worker::on_overdue() {
  overdue_at_ = clock::time_point::max();
  auto now = clock::now();
  std::vector<running_prediction*> late;
  for (auto& prediction : running_)
    if (prediction->end_by <= now || prediction->due <= now)
      late.push_back(prediction.get());
  for (auto* prediction : late) {
    if (prediction->end_by <= now) {
      give_up_on(*prediction);
    } else {
      prediction->due = clock::time_point::max();
      prediction->timed_out = true;
      stop(*prediction);
    }
  }
  for (auto& prediction : running_)
    watch(std::min(prediction->end_by, prediction->due));
}

void worker::give_up_on(running_prediction& prediction) {
  prediction.end_by = clock::time_point::max();
  auto limit = settings_->config.cancel_timeout.count();
  if (!model_->async) {
    spdlog::warn("worker: cancel-ignored, worker={} id={} the process is ended", index_, prediction.request->id);
    return end(fmt::format("the model did not end within {} seconds after a cancel (COG_CANCEL_TIMEOUT)", limit));
  }
  if (last_pong_ < prediction.ping)
    return end(fmt::format("Worker ended: its event loop was blocked for {} seconds", limit));
  spdlog::warn("worker: task-abandoned, worker={} id={} it goes on without a slot", index_, prediction.request->id);
  finish_stopped(prediction);
}

}   // namespace cog
