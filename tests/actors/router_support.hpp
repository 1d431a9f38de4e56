#pragma once
#include "actor_fixture.hpp"
#include "actors/caf.hpp"
#include "actors/router.hpp"
#include <functional>
#include <map>

namespace cog {

/// Stands for the worker: keeps what it is asked to run until the test ends it.
struct fake_worker_state {
  router_actor router;
  uint64_t index = 0;
  worker_order order;
  bool started = false;
  bool drained = false;
  bool may_take_devices = false;
  std::string leaves;   // why
  std::vector<std::pair<request_ptr, caf::typed_response_promise<snapshot_ptr>>> running;
  std::vector<std::pair<uint64_t, uint64_t>> batches;   // number, size
  std::vector<std::string> canceled, attached, watched, detached;
  std::vector<prediction_links> links;   // of all it was asked to run
  bool forgetful = false;                // knows none of those it was asked to run
  snapshot_ptr result;                   // for the first one that runs; delivered when the worker is started again
};

using fake_worker_ptr = std::shared_ptr<fake_worker_state>;

inline worker_actor::behavior_type fake_worker(worker_actor::pointer self, fake_worker_ptr state) {
  return {
    [=](atom::start) {
      if (std::exchange(state->started, true)) {
        state->running.front().second.deliver(state->result);
        state->running.erase(state->running.begin());
      }
    },
    [=](atom::run, const request_ptr& request, const prediction_links& links) -> caf::result<snapshot_ptr> {
      state->links.push_back(links);
      auto promise = self->make_response_promise<snapshot_ptr>();
      state->running.emplace_back(request, promise);
      return promise;
    },
    [=](atom::batch, uint64_t number, uint64_t count) { state->batches.emplace_back(number, count); },
    [=](atom::cancel, const request_ptr& request) { state->canceled.push_back(request->id); },
    [=](atom::find, const std::string& id) -> caf::result<snapshot_ptr> {
      if (state->forgetful)
        return make_error(errc::not_found);
      auto found = std::make_shared<prediction_snapshot>();
      found->id = id;
      found->status = prediction_status::processing;
      return snapshot_ptr{std::move(found)};
    },
    [=](atom::attach, const std::string& id, const follower_actor&) -> caf::result<snapshot_ptr> {
      if (state->forgetful)
        return make_error(errc::not_found);
      state->attached.push_back(id);
      return snapshot_ptr{std::make_shared<prediction_snapshot>()};
    },
    [=](atom::watch, const std::string& id, const follower_actor&) -> caf::result<snapshot_ptr> {
      if (state->forgetful)
        return make_error(errc::not_found);
      state->watched.push_back(id);
      return snapshot_ptr{std::make_shared<prediction_snapshot>()};
    },
    [=](atom::detach, const std::string& id, const follower_actor&) { state->detached.push_back(id); },
    [=](atom::check) { return std::string{}; },
    [=](atom::drain) {
      state->drained = true;
      return caf::unit;
    },
    [=](atom::reload, const std::string& reason) { state->leaves = reason; },
    [=](atom::lease) { state->may_take_devices = true; },
    [](atom::lost, const std::string&) { /* nop */ },
  };
}

/// A router with fake workers; its health actor finds every model healthy.
struct router_fixture : actor_fixture {
  explicit router_fixture(uint64_t places = 0, result_ring::limits keep = {})
    : router_fixture{queue_rules{.places = places}, keep} {
    // nop
  }
  explicit router_fixture(const queue_rules& rules, result_ring::limits keep = {}) {
    auto health = system.spawn([this](health_actor::pointer) -> health_actor::behavior_type {
      return {
        [](atom::describe, const std::vector<worker_actor>&) { /* nop */ },
        [this](atom::check, const health_ptr& state, const std::vector<uint64_t>& ready) {
          asked.push_back(ready);
          return state;
        },
      };
    });
    router_makers make{
      [this](const router_actor& router, const worker_order& order) {
        auto index = order.index;
        auto state = std::make_shared<fake_worker_state>();
        state->router = router;
        state->index = index;
        state->order = order;
        workers[index] = state;
        handles[index] = system.spawn(fake_worker, state);
        return handles[index];
      },
      [this](const request_ptr&) {
        ++input_files_made;
        if (make_input_files)
          return make_input_files();
        return input_files_actor{system.spawn([](input_files_actor::pointer) -> input_files_actor::behavior_type {
          return {[](atom::prepare) { return std::make_shared<const prepared_input>(); }};
        })};
      },
      [this](const request_ptr&) -> courier_actor {
        couriers.push_back(make_courier());
        return couriers.back();
      },
    };
    under_test = system.spawn(router, health, std::move(make), rules, keep);
    scheduler.run();
  }

  ~router_fixture() {
    caf::anon_send_exit(under_test, caf::exit_reason::user_shutdown);
    scheduler.run();
    for (auto& courier : couriers)
      caf::anon_send_exit(courier, caf::exit_reason::user_shutdown);
    scheduler.run();
    workers.clear();
    handles.clear();
    couriers.clear();
  }

  /// The model is known and has so many workers and slots.
  void describe(uint64_t count, uint64_t capacity, bool async = false, const batch_plan& batch = {}) {
    auto document = std::make_shared<model_document>();
    document->streaming = streaming;
    auto model = std::make_shared<model_description>();
    model->document = std::move(document);
    model->async = async;
    model->healthcheck = healthcheck;
    model->workers = count;
    model->capacity = capacity;
    model->batch = batch;
    caf::anon_send(under_test, atom::describe_v, description_ptr{std::move(model)});
    scheduler.run();
  }

  void report(uint64_t index, worker_phase phase, std::string cause = {}) {
    worker_report report;
    report.index = index;
    report.phase = phase;
    report.cause = std::move(cause);
    report.set_up = phase == worker_phase::ready || set_up[index];
    set_up[index] = report.set_up;
    caf::anon_send(under_test, atom::report_v, report);
    scheduler.run();
  }

  /// A router whose workers are all ready.
  void make_ready(uint64_t count, uint64_t capacity, bool async = false) {
    describe(count, capacity, async);
    for (uint64_t index = 0; index < count; ++index)
      report(index, worker_phase::ready);
  }

  static std::shared_ptr<prediction_request> make_request(std::string id, bool put = false) {
    auto request = std::make_shared<prediction_request>();
    request->id = std::move(id);
    request->put = put;
    return request;
  }

  /// What the router has answered so far to one request.
  struct answer {
    snapshot_ptr snapshot;
    errc error = errc::ok;
    std::string text;
    uint64_t retry_after = 0;
    bool pending = true;
  };
  using answer_ptr = std::shared_ptr<answer>;

  answer_ptr run(const request_ptr& request, const follower_actor& stream = {}) {
    auto result = std::make_shared<answer>();
    auto router = under_test;
    system.spawn([=](caf::event_based_actor* self) {
      self->request(router, caf::infinite, atom::run_v, request, stream)
        .then(
          [=](const snapshot_ptr& snapshot) {
            result->snapshot = snapshot;
            result->pending = false;
          },
          [=](const caf::error& error) {
            result->error = code_of(error);
            result->text = text_of(error);
            result->retry_after = retry_after_of(error);
            result->pending = false;
          });
    });
    scheduler.run();
    return result;
  }

  /// Ends what a worker runs, as a worker does: the slot first, then the answer.
  void finish(uint64_t worker, prediction_status status = prediction_status::succeeded, double predict_time = 0) {
    auto request = workers[worker]->running.front().first;
    auto snapshot = std::make_shared<prediction_snapshot>();
    snapshot->id = request->id;
    snapshot->status = status;
    snapshot->predict_time = predict_time;
    snapshot->started = std::chrono::system_clock::now();
    workers[worker]->result = std::move(snapshot);
    caf::anon_send(under_test, atom::retire_v, worker, request, workers[worker]->result);
    caf::anon_send(handles[worker], atom::start_v);
    scheduler.run();
  }

  /// Keeps what it is told.
  follower_actor make_follower() {
    return system.spawn([this](follower_actor::pointer) -> follower_actor::behavior_type {
      return {[this](atom::event, const event_ptr& event) { told.push_back(event); }};
    });
  }

  courier_actor make_courier() {
    return system.spawn([this](courier_actor::pointer) -> courier_actor::behavior_type {
      return {
        [this](atom::event, const event_ptr& event) { told.push_back(event); },
        [this](atom::drain) { ++couriers_drained; },
        [](atom::cancel) { /* nop */ },
        [](atom::tick) { /* nop */ },
      };
    });
  }

  uint64_t free_slots() { return (*ask<health_ptr>(under_test, atom::check_v))->free_slots; }

  router_actor under_test;
  std::map<uint64_t, fake_worker_ptr> workers;
  std::map<uint64_t, worker_actor> handles;
  std::map<uint64_t, bool> set_up;
  std::vector<std::vector<uint64_t>> asked;   // the workers whose healthcheck() health was to ask
  int input_files_made = 0;
  std::function<input_files_actor()> make_input_files;   // empty: they are there at once
  bool streaming = true;                                 // what the model offers
  bool healthcheck = false;
  std::vector<courier_actor> couriers;
  int couriers_drained = 0;
  std::vector<event_ptr> told;
};

}   // namespace cog
