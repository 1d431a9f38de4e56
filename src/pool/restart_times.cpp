#include "pool/restart_times.hpp"
#include <utility>

namespace cog {

void restart_times::ready(uint64_t worker, clock::time_point now) {
  auto found = since_.find(worker);
  if (found == since_.end())
    return;
  auto took = std::chrono::duration<double>(now - found->second).count();
  since_.erase(found);
  mean_ = std::exchange(any_, true) ? mean_ + newest * (took - mean_) : took;
}

}   // namespace cog
