#pragma once
#include <chrono>
#include <cstdint>
#include <optional>

namespace cog {

/// How often, and how soon, a worker process that dies is started again.
class restart_policy {
public:
  using clock = std::chrono::steady_clock;

  /// `limit`: deaths in a row that are survived.
  explicit restart_policy(uint64_t limit) : limit_{limit} {
    // nop
  }

  void ready(clock::time_point now) {
    ready_since_ = now;
    shortages_ = 0;
  }
  /// A prediction has ended without a death: what came before is forgiven.
  void prediction_ended() { deaths_ = 0; }
  /// A death that counts: how long to wait before the next start, at once the first time, then 0.1 s doubling to 10 s;
  /// nullopt when the limit is passed. 60 s of readiness forgive what came before.
  std::optional<clock::duration> died(clock::time_point now);
  /// The machine lacked what a process needs, which never counts: how long to wait before the next try, 0.1 s doubling to
  /// 5 s.
  clock::duration lacked();
  /// A death that we caused.
  void ended() { ready_since_.reset(); }

  uint64_t deaths() const { return deaths_; }

private:
  uint64_t limit_;
  uint64_t deaths_ = 0;      // in a row
  uint64_t shortages_ = 0;   // likewise
  std::optional<clock::time_point> ready_since_;
};

}   // namespace cog
