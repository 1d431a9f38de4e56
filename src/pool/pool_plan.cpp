#include "pool/pool_plan.hpp"
#include <algorithm>

namespace cog {

uint64_t pool_plan::slots_of(uint64_t worker) const {
  return capacity / workers + (worker < capacity % workers ? 1 : 0);
}

uint64_t slots_of_worker(const model_description& model, uint64_t worker) {
  // Of a synchronous pool with fewer slots than processes, any process may get the next prediction.
  return pool_plan{model.workers, std::max(model.workers, model.capacity)}.slots_of(worker);
}

uint64_t live_capacity(const model_description& model, const pool_state& pool) {
  uint64_t slots = 0;
  for (auto& worker : pool.workers)
    if (worker.phase == worker_phase::ready)
      slots += slots_of_worker(model, worker.index);
  return std::min(slots, model.capacity);
}

pool_plan plan_pool(const server_config& config, bool async, uint64_t declared_concurrency) {
  pool_plan plan;
  for (auto candidate : {config.max_concurrency, declared_concurrency, config.workers, uint64_t{1}})
    if (candidate > 0) {
      plan.capacity = candidate;
      break;
    }
  if (config.workers > 0)
    plan.workers = config.workers;
  else
    plan.workers = async ? 1 : plan.capacity;
  if (!async)
    plan.capacity = std::min(plan.capacity, plan.workers);
  return plan;
}

}   // namespace cog
