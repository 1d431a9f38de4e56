#pragma once
#include "process/frame.hpp"
#include <string>

namespace cog {

enum class worker_socket : uint8_t { data, control };

/// What one worker process may say next: how far its start has come.
class frame_order {
public:
  /// Takes note of a frame. Returns what is wrong with it, empty when nothing is.
  std::string take(worker_socket from, frame_kind kind);

private:
  enum class step : uint8_t { started, hello, described, ready, setup_failed };

  step step_ = step::started;
};

/// As docs/worker-protocol.md names it; empty for a kind that there is not.
std::string_view to_string(frame_kind kind);

}   // namespace cog
