#include "actors/health_checks.hpp"
#include <utility>

namespace cog {

void health_checks::ask(worker_channel& process, asker then) {
  auto due = alarm_->now() + limit;
  if (open_.empty())
    alarm_->set_at(due);
  open_.emplace(++last_, question{due, std::move(then)});
  process.send_control(healthcheck_frame(last_));
}

bool health_checks::on_verdict(const health_frame& verdict) {
  if (verdict.question > last_)
    return false;
  if (auto found = open_.find(verdict.question); found != open_.end())
    answer(found, verdict.healthy ? std::string{} : std::string{verdict.text});
  if (open_.empty())
    alarm_->clear();
  return true;
}

void health_checks::on_alarm() {
  while (!open_.empty() && open_.begin()->second.due <= alarm_->now())
    answer(open_.begin(), "healthcheck timed out");
  if (!open_.empty())
    alarm_->set_at(open_.begin()->second.due);
}

void health_checks::answer_all(const std::string& problem) {
  alarm_->clear();
  for (auto& [number, asked] : std::exchange(open_, {}))
    asked.then(problem);
}

void health_checks::answer(std::map<uint64_t, question>::iterator which, std::string problem) {
  auto then = std::move(which->second.then);
  open_.erase(which);
  then(std::move(problem));
}

}   // namespace cog
