#pragma once
#include "bench/measurement.hpp"

namespace cog::bench {

/// Tells a terminal once a second how a measurement goes, in one line that is written over.
class progress {
public:
  progress(net::io_context& io, bool shown);
  ~progress();

  void begin(const measurement& what, const load_settings& settings);
  void end();

private:
  void wait();
  void tell();

  net::steady_timer timer_;
  bool shown_;
  const measurement* what_ = nullptr;
  double whole_ = 0;   // seconds; 0: unknown
  uint64_t ok_before_ = 0;
};

}   // namespace cog::bench
