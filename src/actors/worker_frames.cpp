#include "actors/prediction_log.hpp"
#include "actors/worker.hpp"
#include "pool/pool_plan.hpp"
#include <spdlog/spdlog.h>

// What a worker process says, and to which room it goes.

namespace cog {

void worker::on_frame(worker_socket from, const frame& what) {
  if (auto problem = state_.order.take(from, what.kind); !problem.empty())
    return process_->reject(problem);
  bool is_well_formed = true;
  auto read = [&](auto parsed, auto&& then) {
    is_well_formed = parsed.has_value();
    if (parsed)
      then(std::move(*parsed));
  };
  switch (what.kind) {
    case frame_kind::done:
      read(parse_done(what.payload), [&](done_frame frame) { on_done(from, std::move(frame)); });
      break;
    case frame_kind::output:
      read(parse_output(what.payload), [&](output_frame frame) { runs_.on_output(std::move(frame)); });
      break;
    case frame_kind::log:
      read(parse_log(what.payload), [&](const log_frame& frame) { on_log(frame); });
      break;
    case frame_kind::metric:
      read(parse_metric(what.payload), [&](const metric_frame& frame) { runs_.on_metric(frame); });
      break;
    case frame_kind::hello:
      state_.has_spoken = true;
      read(parse_hello(what.payload), [&](const hello_frame& frame) { on_hello(frame); });
      break;
    case frame_kind::described:
      read(parse_described(what.payload), [&](const described_frame& frame) { on_described(frame); });
      break;
    case frame_kind::ready:
      on_ready();
      break;
    case frame_kind::setup_failed:
      read(parse_setup_failed(what.payload), [&](setup_failed_frame frame) { on_setup_failed(std::move(frame)); });
      break;
    case frame_kind::poisoned:
      on_poisoned(what.payload);
      break;
    case frame_kind::health:
      read(parse_health(what.payload), [&](const health_frame& frame) { is_well_formed = checks_.on_verdict(frame); });
      break;
    case frame_kind::pong:
      read(parse_pong(what.payload), [&](uint64_t question) { is_well_formed = runs_.on_pong(question); });
      break;
    case frame_kind::run:
    case frame_kind::batch:
    case frame_kind::cancel:
    case frame_kind::healthcheck:
    case frame_kind::ping:
    case frame_kind::end:
    case frame_kind::lease:
      break;   // `order` lets none of these pass
  }
  if (!is_well_formed)
    process_->reject(fmt::format("a malformed {} frame", to_string(what.kind)));
}

void worker::on_log(const log_frame& frame) {
  if (frame.number > 0 || runs_.is_in_batch())
    runs_.on_log(frame);
  else if (is_in_first_setup())
    on_setup_text(frame.source, frame.text);
  else
    log_printed(nullptr, index_, frame.source, frame.text);
}

void worker::on_done(worker_socket from, done_frame frame) {
  if (runs_.on_done(from, std::move(frame)))
    restarts_.prediction_ended();
  if (from != worker_socket::data || runs_.is_in_batch())
    return;
  if (state_.poisoned)
    process_->kill();
  else
    runs_.go_on();
}

void worker::on_pipe(log_source source, std::string_view text) {
  if (is_in_first_setup())
    return on_setup_text(source, text);
  bool is_owned = slots_of_worker(*model_, index_) == 1 && runs_.on_printed(source, text);
  if (!is_owned)
    log_printed(nullptr, index_, source, text);
}

}   // namespace cog
