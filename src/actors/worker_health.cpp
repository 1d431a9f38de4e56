#include "actors/worker.hpp"

// The model's own health checks.

namespace cog {

namespace {

constexpr std::chrono::seconds check_limit{10};

}   // namespace

caf::result<std::string> worker::check() {
  if (phase_ != worker_phase::ready)
    return std::string{};
  auto question = ++last_question_;
  auto promise = make_response_promise<std::string>();
  if (checks_.empty())
    check_deadline_.set(check_limit);
  checks_.emplace(question, promise);
  process_->send_control(healthcheck_frame(question));
  return promise;
}

void worker::on_health(std::string_view payload) {
  auto verdict = parse_health(payload);
  if (!verdict)
    return;
  auto found = checks_.find(verdict->question);
  if (found == checks_.end())
    return;
  found->second.deliver(verdict->healthy ? std::string{} : std::string{verdict->text});
  checks_.erase(found);
  if (checks_.empty())
    check_deadline_.clear();
}

void worker::fail_checks(const std::string& error) {
  check_deadline_.clear();
  for (auto& [question, promise] : std::exchange(checks_, {}))
    promise.deliver(error);
}

}   // namespace cog
