#include "actors/router.hpp"
#include "io/log.hpp"
#include "pool/pool_plan.hpp"
#include "prediction/answer.hpp"
#include "prediction/clock_text.hpp"
#include <algorithm>
#include <spdlog/spdlog.h>

// A changed source: its workers start beside those that serve, and take their place once they are ready. Where there are
// devices, which may not hold two models at once, they are set up when the others have gone.

namespace cog {

namespace {

constexpr std::chrono::seconds patience{2};   // with what runs when others are to take over

constexpr auto reason = "The model's source has changed, and this prediction had not ended 2 seconds later";

/// Of the files that the input names.
std::vector<std::string> pointers_of(const prediction_request& request) {
  std::vector<std::string> all;
  all.reserve(request.files.size());
  for (auto& file : request.files)
    if (file.path.empty())
      all.push_back(file.pointer);
  return all;
}

std::string setup_logs(const pool_state& pool) {
  auto& setup = pool.workers[0].setup;
  return setup ? setup->logs : std::string{};
}

}   // namespace

/// No worker serves, nor ever will.
bool router_state::is_broken() const {
  auto state = pool.shown(1);
  return state == health_status::defunct || state == health_status::setup_failed;
}

void router_state::note_reload(reload_result::state status, uint64_t version, std::string error, std::string logs) {
  auto now = to_rfc3339(std::chrono::system_clock::now());
  auto result = std::make_shared<reload_result>();
  result->status = status;
  result->version = version;
  result->serving = serving();
  result->error = std::move(error);
  result->logs = std::move(logs);
  bool starts = status == reload_result::state::starting;
  if (status != reload_result::state::none)
    result->started_at = starts || !last_reload ? now : last_reload->started_at;
  if (!starts && status != reload_result::state::none)
    result->completed_at = now;
  last_reload = std::move(result);
}

void router_state::reload(const source_ptr& changed) {
  if (draining)
    return;
  if (changed->version == 0 && changed->problem.empty())
    return note_reload(reload_result::state::none, 0);
  if (next && next->takes_over) {
    later = changed;
    return;
  }
  forget_next();
  note_reload(reload_result::state::starting, changed->version);
  if (changed->problem.empty())
    return rehearse(changed);
  spdlog::error("reload: failed, version={} error=\"{}\"", changed->version, changed->problem);
  note_reload(reload_result::state::failed, changed->version, changed->problem);
  refuse_waiting();
}

void router_state::rehearse(const source_ptr& changed) {
  next.emplace();
  next->source = changed;
  next->waits_for_devices = has_devices;
  next->workers.push_back(
    make.worker(self, {.index = 0, .model = nullptr, .source = changed, .waits_for_devices = has_devices}));
  self->send(next->workers[0], atom::start_v);
}

void router_state::describe_next(const description_ptr& description) {
  if (!next || next->source->version != description->source || next->model)
    return;
  next->model = description;
  next->pool.expect(description->workers);
  for (uint64_t index = 1; index < description->workers; ++index)
    next->workers.push_back(make.worker(self, {.index = index, .model = description, .source = next->source}));
  if (next->waits_for_devices)
    begin_takeover();
}

void router_state::take_next(const worker_report& report) {
  if (!next || next->source->version != report.source)
    return;
  auto was_set_up = next->pool.workers[0].set_up;
  next->pool.take(report);
  auto state = next->pool.shown(1);
  if (state == health_status::setup_failed || state == health_status::defunct)
    return fail_next();
  if (!was_set_up && next->pool.workers[0].set_up)
    for (size_t i = 1; i < next->workers.size(); ++i)
      self->send(next->workers[i], atom::start_v);
  if (next->pool.settled && !next->takes_over)
    begin_takeover();
}

/// Those that serve go on, unless they were told to go.
void router_state::fail_next() {
  if (next->is_late || next->is_alone)
    return;   // taking over shows the failure
  auto version = next->source->version;
  auto cause = next->pool.last_cause;
  auto logs = setup_logs(next->pool);
  auto newer = later;
  forget_next();
  spdlog::error("reload: failed, version={} serving={} error=\"{}\"", version, serving(), cause);
  note_reload(reload_result::state::failed, version, cause, std::move(logs));
  if (newer)
    return reload(newer);
  refuse_waiting();
  serve_queue();
}

/// Their workers end; those that serve go on.
void router_state::forget_next() {
  later = nullptr;
  if (!next)
    return;
  auto all = std::move(next->workers);
  next.reset();
  holding = settling;
  dismiss(all);
}

void router_state::begin_takeover() {
  next->takes_over = true;
  holding = true;
  self->delayed_send(self, patience, atom::tick_v, next->source->version);
  take_over_when_empty();
}

void router_state::end_patience(uint64_t version) {
  if (!next || next->source->version != version || !next->takes_over || next->is_alone)
    return;
  next->is_late = true;
  for (auto& worker : workers)
    self->send(worker, atom::reload_v, std::string{reason});
}

void router_state::take_over_when_empty() {
  if (!next || !next->takes_over || running > 0 || !ahead.empty() || uploading > 0)
    return;
  if (next->waits_for_devices) {
    if (!std::exchange(next->is_alone, true))
      dismiss(workers);
    if (!leaving.empty())
      return;
  }
  take_over();
}

void router_state::take_over() {
  auto taken = std::move(*next);
  next.reset();
  if (!taken.is_alone)
    dismiss(workers);
  source = std::move(taken.source);
  workers = std::move(taken.workers);
  pool = std::move(taken.pool);
  model = std::move(taken.model);
  capacity = model->capacity;
  is_quick = false;
  idle = {};
  set_batches();
  for (auto& report : pool.workers) {
    note_report(report, worker_phase::waiting);
    note_restart(report);
    if (report.phase == worker_phase::ready)
      idle.add(report.index, slots_of_worker(*model, report.index), report.devices);
  }
  self->send(health, atom::describe_v, workers);
  settling = true;
  if (taken.waits_for_devices)
    self->send(workers[0], atom::lease_v);
  settle();
}

/// Have the workers that took over finished their setups?
void router_state::settle() {
  if (!pool.settled && !is_broken())
    return;
  settling = false;
  holding = next && next->takes_over;
  if (is_broken()) {
    spdlog::error("reload: failed, version={} error=\"{}\" no worker is left", serving(), pool.last_cause);
    note_reload(reload_result::state::failed, serving(), pool.last_cause, setup_logs(pool));
  } else {
    spdlog::info("reload: succeeded, version={}", serving());
    if (next)
      note_reload(reload_result::state::starting, next->source->version);
    else
      note_reload(reload_result::state::succeeded, serving());
    check_waiting_again();
  }
  refuse_waiting();
  serve_queue();
  if (later)
    reload(std::exchange(later, nullptr));
}

void router_state::dismiss(const std::vector<worker_actor>& all) {
  for (auto& worker : all) {
    leaving.push_back(worker);
    auto gone = [this, worker] {
      std::erase(leaving, worker);
      self->send_exit(worker, caf::exit_reason::user_shutdown);
      take_over_when_empty();
    };
    self->request(worker, caf::infinite, atom::drain_v)
      .then([gone](caf::unit_t) { gone(); }, [gone](const caf::error&) { gone(); });
  }
}

/// Of a request that was checked by the document of another source: what is wrong with it by that of this one.
caf::error router_state::check_again(const prediction_request& request) const {
  prediction_request again;
  auto* schema = model && model->document ? model->document->schema_of(request.training) : nullptr;
  if (auto problem = parse_request(request.body, schema, again))
    return make_error(errc::invalid_input, problem->message);
  if (again.errors.empty() && pointers_of(again) != pointers_of(request))
    again.errors.push_back({"__root__", "the model has changed meanwhile: send the request again", "value_error"});
  if (!again.errors.empty())
    return make_error(errc::invalid_input, detail_body(again.errors));
  return request.streamed && !request.any_model && !streams() ? make_error(errc::not_streaming) : caf::error{};
}

void router_state::check_waiting_again() {
  std::vector<waiting_queue::ticket> outdated;
  for (auto& [ticket, entry] : waiting)
    if (entry.request->source != serving())
      outdated.push_back(ticket);
  for (auto ticket : outdated)
    if (auto error = check_again(*waiting.at(ticket).request)) {
      auto entry = leave_queue(ticket);
      end_waiting(entry, error);
    }
}

}   // namespace cog
