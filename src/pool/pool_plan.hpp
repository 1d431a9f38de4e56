#pragma once
#include "settings/server_config.hpp"
#include "pool/health_state.hpp"

namespace cog {

/// How many processes serve a model, and how many predictions run at once in all of them together.
struct pool_plan {
  uint64_t workers = 1;
  uint64_t capacity = 1;

  /// Slots of one worker; the first ones take what does not divide evenly.
  uint64_t slots_of(uint64_t worker) const;
};

/// Predictions that one worker of this model runs at once.
uint64_t slots_of_worker(const model_description& model, uint64_t worker);

/// Predictions that may run at once on the workers that are live.
uint64_t live_capacity(const model_description& model, const pool_state& pool);

/// COG_MAX_CONCURRENCY, else `@cog.concurrent`, else COG_WORKERS, else 1 predictions at once. A synchronous model gets as
/// many processes unless COG_WORKERS says otherwise, an async one gets one.
pool_plan plan_pool(const server_config& config, bool async, uint64_t declared_concurrency);

}   // namespace cog
