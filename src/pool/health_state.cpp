#include "pool/health_state.hpp"
#include "pool/pool_plan.hpp"
#include <algorithm>

namespace cog {

std::string_view to_string(health_status status) {
  switch (status) {
    case health_status::unknown:
      return "UNKNOWN";
    case health_status::starting:
      return "STARTING";
    case health_status::ready:
      return "READY";
    case health_status::busy:
      return "BUSY";
    case health_status::setup_failed:
      return "SETUP_FAILED";
    case health_status::defunct:
      return "DEFUNCT";
    case health_status::unhealthy:
      return "UNHEALTHY";
  }
  return "UNKNOWN";
}

void pool_state::expect(uint64_t count) {
  workers.resize(count);
  for (uint64_t i = 0; i < count; ++i)
    workers[i].index = i;
}

void pool_state::take(const worker_report& report) {
  if (report.index >= workers.size())
    expect(report.index + 1);
  workers[report.index] = report;
  if (!report.cause.empty())
    last_cause = report.cause;
  settled = settled || std::all_of(workers.begin(), workers.end(), [](const worker_report& worker) {
              return worker.set_up || worker.phase == worker_phase::given_up;
            });
}

uint64_t pool_state::live() const {
  return std::count_if(workers.begin(), workers.end(),
                       [](const worker_report& worker) { return worker.phase == worker_phase::ready; });
}

health_status pool_state::shown(uint64_t free_slots) const {
  if (!workers.empty() && workers.front().phase == worker_phase::failed)
    return health_status::setup_failed;
  auto gone = [](const worker_report& worker) { return worker.phase == worker_phase::given_up; };
  if (!workers.empty() && std::all_of(workers.begin(), workers.end(), gone))
    return health_status::defunct;
  if (!settled || live() == 0)
    return health_status::starting;
  return free_slots == 0 ? health_status::busy : health_status::ready;
}

std::vector<uint64_t> pool_state::ready() const {
  std::vector<uint64_t> indices;
  for (auto& worker : workers)
    if (worker.phase == worker_phase::ready)
      indices.push_back(worker.index);
  return indices;
}

std::shared_ptr<health_answer> describe(const pool_state& pool, const description_ptr& model, uint64_t free_slots) {
  auto answer = std::make_shared<health_answer>();
  answer->status = pool.shown(free_slots);
  answer->setup = pool.workers[0].setup;
  answer->model = model;
  answer->cause = pool.last_cause;
  answer->free_slots = free_slots;
  for (auto& worker : pool.workers)
    if (worker.phase == worker_phase::given_up)
      answer->given_up.push_back("worker " + std::to_string(worker.index) + ": " + worker.cause);
  if (model) {
    answer->slots = model->predictions_in(model->capacity);
    answer->live_slots = model->predictions_in(live_capacity(*model, pool));
  }
  return answer;
}

}   // namespace cog
