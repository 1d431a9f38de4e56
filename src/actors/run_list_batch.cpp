#include "actors/run_list.hpp"
#include "actors/prediction_log.hpp"
#include <algorithm>
#include <spdlog/spdlog.h>

// Predictions that go through the process together.

namespace cog {

namespace {

constexpr size_t small_input = 16 * 1024;   // bytes; copied, so that many go out in one call

}   // namespace

void run_list::begin_batch(uint64_t number, uint64_t count) {
  batch_ = {};
  batch_.number = number;
  batch_.missing = count;
}

/// All of them are there, and all of their files; or all have ended before.
void run_list::send_when_complete() {
  if (batch_.number == 0 || batch_.missing > 0 || is_in_batch())
    return;
  if (running_.empty())
    return end_batch(0);
  if (batch_.sent > 0)
    return;
  std::vector<running_prediction*> all;
  for (auto& prediction : running_) {
    if (prediction->awaits_input)
      return;
    all.push_back(prediction.get());
  }
  send_together(all);
}

void run_list::send_together(const std::vector<running_prediction*>& all) {
  auto pending = batch_frame(static_cast<uint32_t>(all.size()));
  batch_.sent = all.size();
  batch_.since = alarm_->now();
  for (auto* prediction : all) {
    if (!prediction->begun)
      begin(*prediction);
    else if (settings_.predict_timeout.count() > 0)
      watch(prediction->due = batch_.since + std::chrono::duration_cast<clock::duration>(settings_.predict_timeout));
    prediction->number = numbers_.next();
    prediction->batch_size = all.size();
    batch_.in_process.insert(prediction->number);
    auto [prefix, input, holder] = run_frame_of(*prediction);
    pending += prefix;
    if (input.size() <= small_input) {
      pending += input;
    } else {
      process_->send(std::move(pending), input, holder);
      pending.clear();
    }
  }
  if (!pending.empty())
    process_->send(std::move(pending), {}, all.front()->request);
}

bool run_list::on_batch_done(done_frame frame) {
  auto number = frame.number;
  bool may_be_undone = model_->batch.isolate && batch_.sent > 1;
  if (batch_.in_process.erase(number) == 0 || (frame.status == done_status::undone && !may_be_undone)) {
    process_->reject(fmt::format("a done frame of prediction {}, which is not to come", number));
    return false;
  }
  auto* prediction = find(number);
  if (prediction == nullptr) {
    numbers_.is_late(frame_kind::done, number);
    files_->folder_of(number);   // what it has left goes at once
  } else if (frame.status == done_status::undone) {
    batch_.undone.push_back(prediction->request);
    prediction->start_over();
    files_->folder_of(number);
  } else {
    end_run(*prediction, std::move(frame));
  }
  if (batch_.in_process.empty())
    divide(std::exchange(batch_.undone, {}));
  return prediction != nullptr;
}

void run_list::go_on() {
  if (batch_.number == 0 || batch_.missing > 0 || is_in_batch())
    return;
  batch_.end_by = clock::time_point::max();
  while (!batch_.parts.empty()) {
    auto part = std::move(batch_.parts.front());
    batch_.parts.pop_front();
    std::vector<running_prediction*> all;
    for (auto& request : part)
      if (auto* prediction = find(request))
        all.push_back(prediction);
    if (!all.empty())
      return send_together(all);
  }
  end_batch(batch_.isolating ? 0 : std::chrono::duration<double>(alarm_->now() - batch_.since).count());
}

/// Those that failed together are run again in halves: whoever fails alone has failed.
void run_list::divide(std::vector<request_ptr> undone) {
  if (undone.empty())
    return;
  batch_.isolating = true;
  auto middle = undone.begin() + static_cast<std::ptrdiff_t>((undone.size() + 1) / 2);
  if (middle != undone.end())
    batch_.parts.emplace_front(middle, undone.end());
  batch_.parts.emplace_front(undone.begin(), middle);
}

/// The process has ended. After a death of its own those that it had are divided, if they were several.
void run_list::lose_batch(end_kind how) {
  if (how == end_kind::death && model_->batch.isolate && batch_.sent > 1)
    for (auto& prediction : running_)
      if (batch_.in_process.contains(prediction->number)) {
        batch_.undone.push_back(prediction->request);
        prediction->start_over();
      }
  batch_.in_process.clear();
  batch_.end_by = clock::time_point::max();
  batch_.missing = 0;
  divide(std::exchange(batch_.undone, {}));
  if (how == end_kind::last)
    batch_.parts.clear();
}

bool run_list::waits_for_part(const running_prediction& prediction) const {
  return std::any_of(batch_.parts.begin(), batch_.parts.end(),
                     [&](auto& part) { return std::find(part.begin(), part.end(), prediction.request) != part.end(); });
}

void run_list::end_batch(double took) {
  auto number = std::exchange(batch_, {}).number;
  owner_.on_batch_over(number, took);
}

/// Everybody hears of its end at once, while the process may go on with the others; nobody waits for the call's end.
void run_list::stop_in_batch(running_prediction& prediction) {
  batch_.timed_out = batch_.timed_out || prediction.timed_out;
  numbers_.end_early(prediction.number);
  process_->send_control(cancel_frame(prediction.number));
  retire_stopped(prediction);
  bool is_wanted = std::any_of(running_.begin(), running_.end(),
                               [&](auto& other) { return batch_.in_process.contains(other->number); });
  if (is_wanted)
    return;
  batch_.end_by = alarm_->now() + std::chrono::duration_cast<clock::duration>(settings_.cancel_timeout);
  watch(batch_.end_by);
}

void run_list::on_batch_stop_ignored() {
  batch_.end_by = clock::time_point::max();
  spdlog::warn("worker: cancel-ignored, worker={} batch={} the process is ended", settings_.worker, batch_.number);
  owner_.end_process(batch_.timed_out ? death_kind::timeout : death_kind::cancel,
                     fmt::format("the model did not end within {} seconds after a cancel (COG_CANCEL_TIMEOUT)",
                                 settings_.cancel_timeout.count()));
}

/// What was printed for no prediction in particular is in the log of each.
void run_list::add_log_to_all(log_source source, std::string_view text) {
  for (auto& prediction : running_)
    if (batch_.in_process.contains(prediction->number))
      if (auto added = prediction->logs.add(source == log_source::err, text); !added.text.empty())
        prediction->events.log(source, std::move(added));
  log_printed(nullptr, settings_.worker, source, text);
}

}   // namespace cog
