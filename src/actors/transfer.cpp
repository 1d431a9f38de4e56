#include "actors/transfer.hpp"
#include "actors/files.hpp"
#include "io/file_name.hpp"
#include "io/folder.hpp"
#include "prediction/json_text.hpp"
#include <algorithm>

namespace cog {

namespace {

constexpr size_t most_at_once = 8;   // into one folder
constexpr size_t most_posts = 64;

caf::error to_error(const download::failure& failure) {
  return make_error(failure.in_file ? errc::file_failed : errc::download_failed, failure.text);
}

/// Files in base64; one that cannot be read any more is an empty one.
std::string whole_text(const answer_text& answer) {
  std::string text;
  text.reserve(content_length(answer));
  for (auto& piece : answer) {
    if (auto* file = std::get_if<output_file>(&piece)) {
      auto content = encode_piece({file->path, 0, file->size});
      text += data_url_prefix(file->mime) + (content ? *content : std::string{}) + '"';
    } else {
      text += std::get<std::string>(piece);
    }
  }
  return text;
}

}   // namespace

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
  for (auto& delivery : posts_) {
    if (delivery.work)
      multi_.remove(delivery.work->handle());
    delivery.promise.deliver(make_error(errc::canceled));
  }
  posts_.clear();
}

transfer::behavior_type transfer::make_behavior() {
  return {
    [this](atom::fetch, const input_job& job) { return fetch(job); },
    [this](atom::post, const post_job& job) { return post(job); },
    [this](atom::cancel, const std::string& folder) { cancel(folder); },
    [this](atom::perform) { perform(); },
  };
}

caf::result<std::string> transfer::fetch(const input_job& job) {
  auto& added = tasks_.emplace_back(task{job, make_response_promise<std::string>(), nullptr});
  auto promise = added.promise;
  start_waiting();
  keep_going();
  return promise;
}

caf::result<post_outcome> transfer::post(const post_job& job) {
  auto& added = posts_.emplace_back(delivery{job, make_response_promise<post_outcome>(), nullptr});
  auto promise = added.promise;
  start_posts();
  keep_going();
  return promise;
}

void transfer::start_posts() {
  for (auto& delivery : posts_) {
    if (posts_running_ >= most_posts)
      return;
    if (delivery.work)
      continue;
    auto& job = delivery.job;
    delivery.work = std::make_unique<web_post>(job.url, whole_text(job.body), job.headers, options_);
    multi_.add(delivery.work->handle());
    ++posts_running_;
  }
}

void transfer::keep_going() {
  if (performing_ || (tasks_.empty() && posts_.empty()))
    return;
  performing_ = true;
  send(this, atom::perform_v);
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
  for (auto [which, code] : multi_.perform())
    finish(which, code);
  start_waiting();
  start_posts();
  performing_ = !tasks_.empty() || !posts_.empty();
  if (!performing_)
    return;
  multi_.wait();
  send(this, atom::perform_v);
}

void transfer::finish(CURL* which, CURLcode code) {
  auto is_it = [which](auto& entry) { return entry.work && entry.work->handle() == which; };
  if (auto task = std::find_if(tasks_.begin(), tasks_.end(), is_it); task != tasks_.end()) {
    if (auto failure = task->work->finish(code); failure.text.empty())
      task->promise.deliver(task->work->path());
    else
      task->promise.deliver(to_error(failure));
    tasks_.erase(task);
    return;
  }
  auto sent = std::find_if(posts_.begin(), posts_.end(), is_it);
  auto& work = *sent->work;
  sent->promise.deliver(post_outcome{work.status(code), work.retry_after(), work.problem(code)});
  posts_.erase(sent);
  --posts_running_;
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
  multi_.add(which.work->handle());
  return true;
}

size_t transfer::running_into(const std::string& folder) const {
  return static_cast<size_t>(std::count_if(tasks_.begin(), tasks_.end(),
                                           [&](auto& task) { return task.work && task.job.target->path == folder; }));
}

void transfer::drop(task& which) {
  if (which.work)
    multi_.remove(which.work->handle());
  which.promise.deliver(make_error(errc::canceled));
}

}   // namespace cog
