#pragma once
#include "actors/alarm.hpp"
#include "prediction/request.hpp"
#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <vector>

namespace cog {

using request_ptr = std::shared_ptr<const prediction_request>;

/// The batch that a worker has.
struct running_batch {
  uint64_t number = 0;                          // the router's; 0: there is none
  uint64_t missing = 0;                         // predictions that are still to be added
  uint64_t sent = 0;                            // together, the last time
  std::set<uint64_t> in_process;                // numbers of those that the process has not said `done` of
  alarm::clock::time_point since;               // they were sent
  std::vector<request_ptr> undone;              // of them: their call has raised, and they may be run again
  std::deque<std::vector<request_ptr>> parts;   // to be run, each for itself, one after the other
  alarm::clock::time_point pipes_read;          // for the predictions of this batch
  bool isolating = false;                       // it has been divided
  bool timed_out = false;                       // COG_PREDICT_TIMEOUT has ended some of it
  alarm::clock::time_point end_by = alarm::clock::time_point::max();   // COG_CANCEL_TIMEOUT, once nobody wants the rest
};

}   // namespace cog
