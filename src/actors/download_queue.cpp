#include "actors/download_queue.hpp"
#include "io/file_name.hpp"
#include "io/folder.hpp"
#include "json/json_text.hpp"
#include <algorithm>

namespace cog {

namespace {

constexpr size_t most_at_once = 8;   // into one folder

caf::error to_error(const download::failure& failure) {
  return make_error(failure.in_file ? errc::file_failed : errc::download_failed, failure.text);
}

}   // namespace

void download_queue::add(const input_job& job, promise_type promise) {
  tasks_.push_back({job, std::move(promise), nullptr});
  start_waiting();
}

bool download_queue::finish(CURL* which, CURLcode code) {
  auto found =
    std::find_if(tasks_.begin(), tasks_.end(), [&](auto& task) { return task.work && task.work->handle() == which; });
  if (found == tasks_.end())
    return false;
  if (auto failure = found->work->finish(code); failure.text.empty())
    found->promise.deliver(found->work->path());
  else
    found->promise.deliver(to_error(failure));
  tasks_.erase(found);
  start_waiting();
  return true;
}

void download_queue::cancel(const std::string& folder) {
  std::erase_if(tasks_, [&](task& task) {
    if (task.job.target->path != folder)
      return false;
    drop(task);
    return true;
  });
}

void download_queue::cancel_all() {
  for (auto& task : tasks_)
    drop(task);
  tasks_.clear();
}

void download_queue::start_waiting() {
  std::erase_if(tasks_, [this](task& task) {
    return !task.work && running_into(task.job.target->path) < most_at_once && !start(task);
  });
}

/// False when the task has been answered already.
bool download_queue::start(task& which) {
  auto& job = which.job;
  auto content = std::string_view{job.request->body}.substr(job.value.at.offset + 1, job.value.at.length - 2);
  std::string url;
  append_unescaped(url, content);
  std::string problem;
  auto path = make_place(*job.target, job.index, file_name_of_url(url), problem);
  if (!problem.empty()) {
    which.promise.deliver(make_error(errc::file_failed, problem));
    return false;
  }
  auto work = std::make_unique<download>(url, options_);
  if (auto failure = work->open(path); !failure.text.empty()) {
    which.promise.deliver(to_error(failure));
    return false;
  }
  which.work = std::move(work);
  multi_.add(which.work->handle());
  return true;
}

size_t download_queue::running_into(const std::string& folder) const {
  return static_cast<size_t>(std::count_if(tasks_.begin(), tasks_.end(),
                                           [&](auto& task) { return task.work && task.job.target->path == folder; }));
}

void download_queue::drop(task& which) {
  if (which.work)
    multi_.remove(which.work->handle());
  which.promise.deliver(make_error(errc::canceled));
}

}   // namespace cog
