#include "actors/webhook_queue.hpp"
#include "web/webhook_signature.hpp"
#include <utility>

namespace cog {

namespace {

constexpr size_t most_posts = 128;

/// Host and port; empty for what is no URL.
std::string host_of(const std::string& url) {
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed{curl_url(), curl_url_cleanup};
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_URLENCODE) != CURLUE_OK)
    return {};
  auto part = [&](CURLUPart which) {
    char* text = nullptr;
    std::string result;
    if (curl_url_get(parsed.get(), which, &text, CURLU_DEFAULT_PORT) == CURLUE_OK)
      result = text;
    curl_free(text);
    return result;
  };
  return part(CURLUPART_HOST) + ":" + part(CURLUPART_PORT);
}

}   // namespace

void webhook_queue::add(const post_job& job, promise_type promise) {
  auto name = host_of(job.url);
  hosts_[name].waiting.push_back({job, std::move(promise), name, nullptr});
  start_waiting();
}

void webhook_queue::finish(CURL* which, CURLcode code) {
  auto found = running_.find(which);
  if (found == running_.end())
    return;
  auto delivery = std::move(found->second);
  running_.erase(found);
  auto& work = *delivery.work;
  delivery.promise.deliver(
    post_outcome{work.status(code), work.retry_after(), work.is_refused(code), work.problem(code)});
  auto where = hosts_.find(delivery.host);
  --where->second.running;
  if (where->second.running == 0 && where->second.waiting.empty())
    hosts_.erase(where);
  start_waiting();
}

/// One of each host in turn, while places are free.
void webhook_queue::start_waiting() {
  for (bool any = true; std::exchange(any, false);)
    for (auto& [name, host] : hosts_)
      if (!host.waiting.empty() && host.running < most_posts - running_.size()) {
        start(host);
        any = true;
      }
}

void webhook_queue::start(host& where) {
  auto next = std::move(where.waiting.front());
  where.waiting.pop_front();
  ++where.running;
  auto& job = next.job;
  auto secret_headers = job.private_headers;
  if (!job.id.empty())
    if (auto lines = sign_webhook(options_.webhook_secrets, job.id, std::chrono::system_clock::now(), job.body))
      secret_headers.insert(secret_headers.end(), lines->begin(), lines->end());
  next.work = std::make_unique<web_post>(job.url, job.body, job.headers, secret_headers, options_);
  auto* handle = next.work->handle();
  multi_.add(handle);
  running_.emplace(handle, std::move(next));
}

void webhook_queue::cancel_all() {
  for (auto& [handle, delivery] : running_) {
    multi_.remove(handle);
    delivery.promise.deliver(make_error(errc::canceled));
  }
  for (auto& [name, host] : hosts_)
    for (auto& delivery : host.waiting)
      delivery.promise.deliver(make_error(errc::canceled));
  running_.clear();
  hosts_.clear();
}

}   // namespace cog
