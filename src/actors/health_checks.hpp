#pragma once
#include "actors/alarm.hpp"
#include "process/frame.hpp"
#include "process/worker_channel.hpp"
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace cog {

/// The questions to the model's own healthcheck() that its process has yet to answer.
class health_checks {
public:
  static constexpr std::chrono::seconds limit{10};   // for one answer

  /// Gets what is wrong with the model; empty: it is healthy.
  using asker = std::function<void(std::string)>;

  /// When the alarm rings, `on_alarm` is to be called.
  explicit health_checks(std::unique_ptr<alarm> alarm) : alarm_{std::move(alarm)} {
    // nop
  }

  void ask(worker_channel& process, asker then);
  /// False: nobody has asked that.
  bool on_verdict(const health_frame& verdict);
  void on_alarm();
  /// Nobody will answer: that is what everybody gets who has asked.
  void answer_all(const std::string& problem);

private:
  struct question {
    alarm::clock::time_point due;
    asker then;
  };

  void answer(std::map<uint64_t, question>::iterator which, std::string problem);

  std::unique_ptr<alarm> alarm_;
  uint64_t last_ = 0;                   // question; they are counted over all processes
  std::map<uint64_t, question> open_;   // the oldest first
};

}   // namespace cog
