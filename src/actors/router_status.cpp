#include "actors/router.hpp"
#include "pool/pool_plan.hpp"

// What is kept and told of the pool for people.

namespace cog {

void router_state::note_report(const worker_report& report, worker_phase was) {
  std::vector<std::string> ids;
  if (was == worker_phase::ready && report.phase != was)
    for (auto& [id, entry] : in_flight)
      if (runs_on(entry, report.index))
        ids.push_back(id);
  auto now = pool_history::clock::now();
  if (report.phase == worker_phase::ready && was != report.phase && report.index < history.workers.size())
    metrics.count_setup(std::chrono::duration<double>(now - history.workers[report.index].since).count());
  auto since = history.since;
  history.note(report, was, pool.shown(1), std::move(ids), now);
  if (make.announce && history.since != since)
    make.announce(pool.shown(1), pool.last_cause);
}

bool router_state::runs_on(const in_flight_prediction& entry, uint64_t worker) const {
  return entry.ticket == 0 && !entry.released && entry.worker == worker &&
    std::find(ahead.begin(), ahead.end(), entry.request) == ahead.end();
}

status_ptr router_state::report() const {
  auto now = pool_history::clock::now();
  auto result = std::make_shared<pool_status>();
  result->health = cog::describe(pool, model, free_slots());
  result->started = history.started;
  result->since = history.since;
  result->busy = gathering ? in_flight.size() - queue.size() : running;
  result->waiting = waiting_count();
  result->couriers = couriers.size();
  result->kept = ring.size();
  result->run_times = times_of(history.window.run_times(now));
  result->wait_times = times_of(history.window.wait_times(now));
  result->last_minute = history.window.rates_over(std::chrono::minutes{1}, now);
  result->last_five_minutes = history.window.rates_over(std::chrono::minutes{5}, now);
  result->failures.assign(history.failures.begin(), history.failures.end());
  result->deaths.assign(history.deaths.begin(), history.deaths.end());
  result->workers.resize(pool.workers.size());
  for (size_t i = 0; i < pool.workers.size(); ++i) {
    result->workers[i].report = pool.workers[i];
    if (i < history.workers.size())
      result->workers[i].record = history.workers[i];
  }
  for (auto& [id, entry] : in_flight)
    if (entry.worker < result->workers.size() && runs_on(entry, entry.worker))
      result->workers[entry.worker].runs.push_back({id, entry.begun});
  return result;
}

}   // namespace cog
