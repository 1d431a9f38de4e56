#include "actors/prediction_log.hpp"
#include "actors/run_list.hpp"
#include <algorithm>
#include <spdlog/spdlog.h>

// The end of predictions before their time: cancelled, or too long.

namespace cog {

namespace {

/// When something is to be done with it, if it has not ended by then.
alarm::clock::time_point next_moment(const running_prediction& prediction) {
  return std::min({prediction.end_by, prediction.due, prediction.deadline});
}

}   // namespace

bool run_list::cancel(const request_ptr& request) {
  auto* prediction = find(request);
  if (prediction == nullptr)
    return false;
  if (prediction->canceled || prediction->expired)
    return true;
  log_cancel(*request);
  prediction->canceled = true;
  stop(*prediction);
  return true;
}

void run_list::stop_all(const std::string& reason) {
  for (auto place = running_.size(); place-- > 0;) {   // the last first: each goes before those that wait
    auto& prediction = *running_[place];
    if (prediction.begun || prediction.canceled)
      continue;
    if (prediction.number != 0) {   // the process is to leave it out when its turn comes
      process_->send_control(cancel_frame(prediction.number));
      numbers_.end_early(prediction.number);
    }
    give_back(place);
  }
  std::vector<request_ptr> begun;
  for (auto* list : {&running_, &released_})
    for (auto& prediction : *list)
      begun.push_back(prediction->request);
  for (auto& request : begun) {
    auto* prediction = find(request);
    if (prediction == nullptr || prediction->was_stopped())
      continue;
    prediction->why_canceled = reason;
    cancel(request);
  }
}

void run_list::stop(running_prediction& prediction) {
  if (prediction.number == 0 || prediction.released) {
    stop_input(prediction);
    retire_stopped(prediction);
    if (batches())
      send_when_complete();
    return;
  }
  if (batches())
    return stop_in_batch(prediction);
  if (prediction.end_by != clock::time_point::max())
    return;
  process_->send_control(cancel_frame(prediction.number));
  if (!prediction.begun)
    return;   // the process says whether it has come too late
  if (is_async()) {
    prediction.ping = ++last_ping_;
    process_->send_control(ping_frame(prediction.ping));
  }
  prediction.end_by = alarm_->now() + std::chrono::duration_cast<clock::duration>(settings_.cancel_timeout);
  watch(prediction.end_by);
}

void run_list::stop_input(running_prediction& prediction) {
  if (std::exchange(prediction.awaits_input, false))
    prediction.stop_input();
}

void run_list::watch(clock::time_point moment) {
  if (moment < alarm_at_) {
    alarm_at_ = moment;
    alarm_->set_at(moment);
  }
}

void run_list::on_alarm() {
  alarm_at_ = clock::time_point::max();
  auto now = alarm_->now();
  std::vector<running_prediction*> late;
  for (auto* list : {&running_, &released_})
    for (auto& prediction : *list)
      if (next_moment(*prediction) <= now)
        late.push_back(prediction.get());
  if (batch_.end_by <= now)
    on_batch_stop_ignored();
  for (auto* prediction : late) {
    if (prediction->end_by <= now)
      on_stop_ignored(*prediction);
    else
      on_late(*prediction, now);
  }
  for (auto* list : {&running_, &released_})
    for (auto& prediction : *list)
      watch(next_moment(*prediction));
  watch(batch_.end_by);
}

/// The first to pass of its deadline and COG_PREDICT_TIMEOUT is what counts.
void run_list::on_late(running_prediction& prediction, clock::time_point now) {
  bool expired = prediction.deadline <= std::min(now, prediction.due);
  (expired ? prediction.deadline : prediction.due) = clock::time_point::max();
  if (prediction.was_stopped())
    return;
  (expired ? prediction.expired : prediction.timed_out) = true;
  stop(prediction);
}

void run_list::on_stop_ignored(running_prediction& prediction) {
  prediction.end_by = clock::time_point::max();
  auto limit = settings_.cancel_timeout.count();
  auto kind = prediction.timed_out || prediction.expired ? death_kind::timeout : death_kind::cancel;
  if (!is_async()) {
    spdlog::warn("worker: cancel-ignored, worker={} id={} the process is ended", settings_.worker,
                 prediction.request->id);
    return owner_.end_process(
      kind, fmt::format("the model did not end within {} seconds after a cancel (COG_CANCEL_TIMEOUT)", limit));
  }
  if (last_pong_ < prediction.ping)
    return owner_.end_process(kind, fmt::format("Worker ended: its event loop was blocked for {} seconds", limit));
  spdlog::warn("worker: task-abandoned, worker={} id={} it goes on without a slot", settings_.worker,
               prediction.request->id);
  numbers_.end_early(prediction.number);
  retire_stopped(prediction);
}

bool run_list::on_pong(uint64_t question) {
  if (question > last_ping_)
    return false;
  last_pong_ = question;
  return true;
}

}   // namespace cog
