#include "actors/transfer.hpp"
#include "io/file_name.hpp"
#include "io/folder.hpp"
#include "prediction/json_text.hpp"
#include <algorithm>

namespace cog {

namespace {

constexpr size_t most_at_once = 8;   // into one folder

caf::error to_error(const download::failure& failure) {
  return make_error(failure.in_file ? errc::file_failed : errc::download_failed, failure.text);
}

} // namespace

transfer::transfer(caf::actor_config& cfg, download_options options)
  : transfer_actor::base{cfg}, options_{std::move(options)} {
  // nop
}

void transfer::enqueue(caf::mailbox_element_ptr what, caf::execution_unit* unit) {
  bool own = what->sender.get() == ctrl();
  transfer_actor::base::enqueue(std::move(what), unit);
  if (!own)
    multi_.wake();
}

const char* transfer::name() const {
  return "transfer";
}

void transfer::on_exit() {
  for (auto& task : tasks_)
    drop(task);
  tasks_.clear();
}

transfer::behavior_type transfer::make_behavior() {
  return {
    [this](atom::fetch, const input_job& job) { return fetch(job); },
    [this](atom::cancel, const std::string& folder) { cancel(folder); },
    [this](atom::perform) { perform(); },
  };
}

caf::result<std::string> transfer::fetch(const input_job& job) {
  auto& added = tasks_.emplace_back(task{job, make_response_promise<std::string>(), nullptr});
  auto promise = added.promise;
  start_waiting();
  if (!performing_ && !tasks_.empty()) {
    performing_ = true;
    send(this, atom::perform_v);
  }
  return promise;
}

void transfer::cancel(const std::string& folder) {
  std::erase_if(tasks_, [&](task& task) {
    if (task.job.target->path != folder)
      return false;
    drop(task);
    return true;
  });
}

void transfer::perform() {
  for (auto [which, code] : multi_.perform()) {
    auto ended = std::find_if(tasks_.begin(), tasks_.end(), [&](auto& task) { return task.work.get() == which; });
    if (auto failure = which->finish(code); failure.text.empty())
      ended->promise.deliver(which->path());
    else
      ended->promise.deliver(to_error(failure));
    tasks_.erase(ended);
  }
  start_waiting();
  performing_ = !tasks_.empty();
  if (!performing_)
    return;
  multi_.wait();
  send(this, atom::perform_v);
}

void transfer::start_waiting() {
  std::erase_if(tasks_, [this](task& task) {
    return !task.work && running_into(task.job.target->path) < most_at_once && !start(task);
  });
}

/// False when the task has been answered already.
bool transfer::start(task& which) {
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
  multi_.add(*which.work);
  return true;
}

size_t transfer::running_into(const std::string& folder) const {
  return static_cast<size_t>(std::count_if(tasks_.begin(), tasks_.end(), [&](auto& task) {
    return task.work && task.job.target->path == folder;
  }));
}

void transfer::drop(task& which) {
  if (which.work)
    multi_.remove(*which.work);
  which.promise.deliver(make_error(errc::canceled));
}

} // namespace cog
