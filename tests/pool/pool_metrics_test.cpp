#include "pool/pool_metrics.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

prediction_snapshot make_ended(prediction_status status, double seconds) {
  prediction_snapshot ended;
  ended.status = status;
  ended.predict_time = seconds;
  return ended;
}

}   // namespace

TEST_CASE("pool_metrics: counts ends by status and time, in buckets that add up") {
  pool_metrics metrics;
  metrics.count(make_ended(prediction_status::succeeded, 0.001));
  metrics.count(make_ended(prediction_status::succeeded, 0.02));
  metrics.count(make_ended(prediction_status::failed, 5000));
  auto text = metrics.text({}, {});
  for (auto* line : {"cog_predictions_total{status=\"succeeded\"} 2\n", "cog_predictions_total{status=\"failed\"} 1\n",
                     "cog_predict_seconds_bucket{le=\"0.001\"} 1\n", "cog_predict_seconds_bucket{le=\"0.05\"} 2\n",
                     "cog_predict_seconds_bucket{le=\"1800.0\"} 2\n", "cog_predict_seconds_bucket{le=\"+Inf\"} 3\n",
                     "cog_predict_seconds_count 3\n"})
    CHECK_MESSAGE(text.find(line) != std::string::npos, line);
}

TEST_CASE("pool_metrics: tells workers by state and how things stand") {
  pool_state pool;
  pool.expect(3);
  pool.workers[0].phase = worker_phase::ready;
  pool.workers[1].phase = worker_phase::ready;
  pool.workers[2].phase = worker_phase::given_up;
  pool_metrics metrics;
  metrics.count_restart(death_kind::oom);
  metrics.count_refusal(refusal_reason::draining);
  metrics.count_setup(7);
  auto text = metrics.text(pool, {health_status::busy, 4, 1, 3, 2, 3, 5});
  for (auto* line :
       {"cog_workers{state=\"ready\"} 2\n", "cog_workers{state=\"given_up\"} 1\n", "cog_slots 4\n",
        "cog_slots_free 1\n", "cog_predictions_waiting 2\n", "cog_webhook_couriers 3\n", "cog_results_kept 5\n",
        "cog_worker_restarts_total{cause=\"oom\"} 1\n", "cog_worker_restarts_total{cause=\"crash\"} 0\n",
        "cog_predictions_refused_total{reason=\"draining\"} 1\n", "cog_predictions_in_flight 5\n",
        "cog_status{status=\"BUSY\"} 1\n", "cog_status{status=\"READY\"} 0\n",
        "cog_setup_seconds_bucket{le=\"10.0\"} 1\n", "cog_setup_seconds_bucket{le=\"5.0\"} 0\n"})
    CHECK_MESSAGE(text.find(line) != std::string::npos, line);
}

TEST_CASE("pool_metrics: chunks, and the time of the first, only of outputs that had some") {
  pool_metrics metrics;
  auto streamed = make_ended(prediction_status::succeeded, 3);
  streamed.chunks = 7;
  streamed.first_output = 0.2;
  streamed.output.json = "[1,2]";
  metrics.count(streamed);
  metrics.count(make_ended(prediction_status::succeeded, 1));
  auto text = metrics.text({}, {});
  for (auto* line : {"cog_output_chunks_total 7\n", "cog_output_bytes_total 5\n", "cog_first_output_seconds_count 1\n",
                     "cog_first_output_seconds_bucket{le=\"0.25\"} 1\n"})
    CHECK_MESSAGE(text.find(line) != std::string::npos, line);
}
