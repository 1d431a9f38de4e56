#include "actors/upload_queue.hpp"
#include <algorithm>
#include <spdlog/spdlog.h>

namespace cog {

namespace {

constexpr size_t most_at_once = 8;   // of one prediction
constexpr unsigned most_attempts = 5;
constexpr uint64_t longest_retry_after = 60;   // seconds

/// An id that cannot stand in a header is left out.
std::vector<std::string> headers_of(const upload_job& job) {
  std::vector<std::string> lines{"Content-Type: " + job.file.mime};
  auto is_odd = [](unsigned char letter) { return letter < 0x20 || letter > 0x7e; };
  if (!job.prediction.empty() && std::none_of(job.prediction.begin(), job.prediction.end(), is_odd))
    lines.push_back("X-Prediction-Id: " + job.prediction);
  return lines;
}

}   // namespace

void upload_queue::add(const upload_job& job, promise_type promise) {
  tasks_.push_back({.job = job, .promise = std::move(promise), .news = options_.upload_news});
  start_due();
}

bool upload_queue::finish(CURL* which, CURLcode code) {
  auto found =
    std::find_if(tasks_.begin(), tasks_.end(), [&](auto& task) { return task.work && task.work->handle() == which; });
  if (found == tasks_.end())
    return false;
  auto outcome = found->work->finish(code);
  if (outcome.url.empty() && outcome.transient && found->attempts < most_attempts) {
    auto pause = options_.upload_pause * (1 << (found->attempts - 1));
    std::chrono::seconds asked{std::min(outcome.retry_after, longest_retry_after)};
    found->due = clock::now() + std::max<std::chrono::milliseconds>(pause, asked);
    found->work.reset();
    spdlog::warn("transfer: upload-again, id={} file={} error={}", found->job.prediction, found->job.file.path,
                 outcome.error);
  } else {
    if (!outcome.url.empty() && found->news > options_.upload_news)
      spdlog::info("transfer: uploaded, id={} file={} bytes={}", found->job.prediction, found->job.file.path,
                   found->job.file.size);
    if (outcome.url.empty())
      found->promise.deliver(make_error(errc::upload_failed, outcome.error));
    else
      found->promise.deliver(outcome.url);
    tasks_.erase(found);
  }
  start_due();
  return true;
}

void upload_queue::start_due() {
  auto now = clock::now();
  for (auto& task : tasks_)
    if (!task.work && task.due <= now && running_of(task.job.holder->path) < most_at_once)
      start(task);
  for (auto& task : tasks_)
    if (task.work && task.begun + task.news <= now)
      tell(task, now);
}

void upload_queue::tell(task& which, clock::time_point now) const {
  curl_off_t sent = 0;
  curl_easy_getinfo(which.work->handle(), CURLINFO_SIZE_UPLOAD_T, &sent);
  spdlog::info("transfer: uploading, id={} file={} sent={} of={} seconds={}", which.job.prediction, which.job.file.path,
               sent, which.job.file.size, std::chrono::floor<std::chrono::seconds>(now - which.begun).count());
  while (which.begun + which.news <= now)
    which.news *= 2;
}

upload_queue::clock::time_point upload_queue::next_due() const {
  auto now = clock::now();
  auto next = clock::time_point::max();
  for (auto& task : tasks_)
    if (task.work || task.due > now)
      next = std::min(next, task.work ? task.begun + task.news : task.due);
  return next;
}

void upload_queue::cancel(const std::string& folder) {
  std::erase_if(tasks_, [&](task& task) {
    if (task.job.holder->path != folder)
      return false;
    drop(task);
    return true;
  });
}

void upload_queue::cancel_all() {
  for (auto& task : tasks_)
    drop(task);
  tasks_.clear();
}

void upload_queue::start(task& which) {
  auto& file = which.job.file;
  ++which.attempts;
  which.work = std::make_unique<upload>(upload_target(base_, file.path), raw_file{file.path, 0, file.size},
                                        headers_of(which.job), options_);
  multi_.add(which.work->handle());
}

size_t upload_queue::running_of(const std::string& folder) const {
  return static_cast<size_t>(std::count_if(tasks_.begin(), tasks_.end(),
                                           [&](auto& task) { return task.work && task.job.holder->path == folder; }));
}

void upload_queue::drop(task& which) {
  if (which.work)
    multi_.remove(which.work->handle());
  which.promise.deliver(make_error(errc::canceled));
}

}   // namespace cog
