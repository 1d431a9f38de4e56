#pragma once
#include <chrono>

namespace cog {

/// The time, and one moment at which whoever made it calls back; then none is set until the next `set_at`.
class alarm {
public:
  using clock = std::chrono::steady_clock;

  virtual ~alarm() = default;
  virtual clock::time_point now() const = 0;
  virtual void set_at(clock::time_point moment) = 0;
  virtual void clear() = 0;
};

}   // namespace cog
