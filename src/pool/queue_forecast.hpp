#pragma once
#include "pool/service_times.hpp"
#include <cstdint>
#include <optional>

namespace cog {

/// What a newcomer finds.
struct queue_outlook {
  uint64_t before = 0;    // predictions that begin before it
  uint64_t slots = 1;     // of the workers that are live; of all of them when none is
  bool is_free = false;   // one of these slots is
  bool is_idle = false;   // all of them are
  bool shares = false;    // others than those before it get every eighth start
  double restart = 0;     // seconds until a worker is live, when none is
};

/// How long predictions will wait, and which of them need not try. All times in seconds.
class queue_forecast {
public:
  explicit queue_forecast(const service_times& times) : times_{times} {
    // nop
  }

  /// Until it begins; none while nothing is known.
  std::optional<double> wait(const queue_outlook& found) const;
  /// Why it is refused: it may take so long, which is more than the time it has. None: it is not, as when it has the server
  /// for itself and may show that predictions have become faster.
  std::optional<double> too_long(const queue_outlook& found, double time_left) const;
  /// For one whose turn it is: may it be done in time?
  bool is_worth_a_start(double time_left) const;
  /// Whole seconds after which a newcomer would begin: 1 to 60.
  uint64_t retry_after(const queue_outlook& found) const;

private:
  const service_times& times_;
};

}   // namespace cog
