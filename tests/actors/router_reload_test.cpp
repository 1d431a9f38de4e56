#include "router_support.hpp"
#include <doctest/doctest.h>

// A changed source: its workers take the place of those that serve.

using namespace cog;
using namespace std::chrono_literals;

namespace {

struct reload_fixture : router_fixture {
  explicit reload_fixture(uint64_t max_queue = 0) : router_fixture{max_queue} {
    make_ready(1, 1);
    old = workers[0];
    old_handle = handles[0];
  }

  /// The files have changed for the `version`th time.
  void change(uint64_t version, std::string problem = {}) {
    auto source = std::make_shared<model_source>();
    source->version = version;
    source->reference = "model.py:" + std::to_string(version);
    source->problem = std::move(problem);
    caf::anon_send(under_test, atom::reload_v, source_ptr{std::move(source)});
    scheduler.run();
  }

  void describe_source(uint64_t version, uint64_t count = 1, uint64_t capacity = 1, std::string_view inputs = "{}") {
    std::string problem;
    auto document = std::make_shared<model_document>(
      *make_document(R"({"components":{"schemas":{"Input":)" + std::string{inputs} + "}}}", problem));
    REQUIRE(problem == "");
    document->source = version;
    document->streaming = true;
    auto model = std::make_shared<model_description>();
    model->source = version;
    model->document = std::move(document);
    model->workers = count;
    model->capacity = capacity;
    caf::anon_send(under_test, atom::describe_v, description_ptr{std::move(model)});
    scheduler.run();
  }

  void report_of(uint64_t version, uint64_t index, worker_phase phase, std::string cause = {},
                 std::vector<std::string> with_devices = {}) {
    worker_report report;
    report.source = version;
    report.index = index;
    report.phase = phase;
    report.cause = std::move(cause);
    report.set_up = phase == worker_phase::ready;
    report.devices = std::move(with_devices);
    auto setup = std::make_shared<setup_result>();
    setup->logs = "log of " + std::to_string(version);
    report.setup = std::move(setup);
    caf::anon_send(under_test, atom::report_v, report);
    scheduler.run();
  }

  /// Workers of this version are ready beside the others.
  void make_source_ready(uint64_t version) {
    change(version);
    describe_source(version);
    report_of(version, 0, worker_phase::ready);
  }

  static std::shared_ptr<prediction_request> request_of(uint64_t version, std::string id, std::string body = "{}") {
    auto request = make_request(std::move(id));
    request->source = version;
    request->body = std::move(body);
    return request;
  }

  /// Ends what an earlier worker runs.
  void finish_old() {
    auto request = old->running.front().first;
    auto snapshot = std::make_shared<prediction_snapshot>();
    snapshot->id = request->id;
    snapshot->status = prediction_status::succeeded;
    old->result = snapshot;
    caf::anon_send(under_test, atom::retire_v, uint64_t{0}, request, snapshot_ptr{snapshot});
    caf::anon_send(old_handle, atom::start_v);
    scheduler.run();
  }

  void pass(std::chrono::seconds time) {
    scheduler.advance_time(time);
    scheduler.run();
  }

  health_ptr state() { return *ask<health_ptr>(under_test, atom::check_v); }

  fake_worker_ptr old;
  worker_actor old_handle;
};

struct queued_reload : reload_fixture {
  queued_reload() : reload_fixture{8} {
    // nop
  }
};

}   // namespace

TEST_CASE_FIXTURE(reload_fixture, "reload: those that serve go on until the others are ready, which then take over") {
  change(1);
  CHECK(workers[0] != old);
  CHECK(workers[0]->started);
  CHECK(workers[0]->order.source->reference == "model.py:1");
  CHECK_FALSE(workers[0]->order.waits_for_devices);
  CHECK(state()->status == health_status::ready);
  CHECK(state()->reload->status == reload_result::state::starting);
  auto before = run(request_of(0, "a"));
  finish_old();
  CHECK(before->snapshot->status == prediction_status::succeeded);
  describe_source(1);
  CHECK(state()->reload->serving == 0);
  CHECK_FALSE(old->drained);
  report_of(1, 0, worker_phase::ready);
  CHECK(state()->reload->status == reload_result::state::succeeded);
  CHECK(state()->reload->serving == 1);
  CHECK(state()->status == health_status::ready);
  CHECK(old->drained);
  run(request_of(1, "b"));
  CHECK(workers[0]->running.size() == 1);
  CHECK(old->running.empty());
}

TEST_CASE_FIXTURE(reload_fixture, "reload: what comes while the others end their work waits, without a queue too") {
  run(request_of(0, "a"));
  make_source_ready(1);
  CHECK(state()->status == health_status::busy);
  std::vector<answer_ptr> answers;
  for (auto* id : {"b", "c", "d"})
    answers.push_back(run(request_of(0, id)));
  for (auto& answer : answers)
    CHECK(answer->pending);
  CHECK(workers[0]->running.empty());
  CHECK_FALSE(old->drained);
  finish_old();
  CHECK(old->drained);
  for (auto* id : {"b", "c", "d"}) {
    REQUIRE_FALSE(workers[0]->running.empty());   // the next one may have been sent ahead
    CHECK(workers[0]->running[0].first->id == id);
    finish(0);
  }
  for (auto& answer : answers)
    CHECK(answer->snapshot->status == prediction_status::succeeded);
}

TEST_CASE_FIXTURE(reload_fixture, "reload: what runs has two seconds, then its worker is told to end it") {
  run(request_of(0, "a"));
  make_source_ready(1);
  pass(1s);
  CHECK(old->leaves == "");
  pass(1s);
  CHECK(old->leaves == "The model's source has changed, and this prediction had not ended 2 seconds later");
  auto waits = run(request_of(1, "b"));
  CHECK(waits->pending);
  finish_old();
  CHECK(workers[0]->running.size() == 1);
}

TEST_CASE_FIXTURE(reload_fixture, "reload: the two seconds of one change do not count for the next") {
  make_source_ready(1);
  auto first = workers[0];
  run(request_of(1, "a"));
  pass(1s);
  make_source_ready(2);
  pass(1s);
  CHECK(first->leaves == "");
  pass(1s);
  CHECK(first->leaves != "");
}

TEST_CASE_FIXTURE(reload_fixture, "reload: a source that fails changes nothing but what is told") {
  change(1);
  auto failing = workers[0];
  report_of(1, 0, worker_phase::failed, "SyntaxError: invalid syntax");
  CHECK(failing->drained);
  CHECK(state()->status == health_status::ready);
  auto reload = state()->reload;
  CHECK(reload->status == reload_result::state::failed);
  CHECK(reload->version == 1);
  CHECK(reload->serving == 0);
  CHECK(reload->error == "SyntaxError: invalid syntax");
  CHECK(reload->logs == "log of 1");
  run(request_of(0, "a"));
  CHECK(old->running.size() == 1);
  finish_old();
  make_source_ready(2);
  CHECK(state()->reload->status == reload_result::state::succeeded);
  CHECK(state()->reload->error == "");
}

TEST_CASE_FIXTURE(reload_fixture, "reload: a cog.yaml that cannot be read starts nothing") {
  change(1, "cog.yaml:3:1: illegal map value");
  CHECK(workers[0] == old);
  CHECK(state()->reload->status == reload_result::state::failed);
  CHECK(state()->reload->error == "cog.yaml:3:1: illegal map value");
}

TEST_CASE_FIXTURE(reload_fixture, "reload: a newer change takes the place of one that is not ready") {
  change(1);
  auto first = workers[0];
  change(2);
  CHECK(first->drained);
  CHECK(workers[0] != first);
  describe_source(1);   // too late
  report_of(1, 0, worker_phase::ready);
  CHECK(state()->reload->serving == 0);
  describe_source(2);
  report_of(2, 0, worker_phase::ready);
  CHECK(state()->reload->serving == 2);
}

TEST_CASE_FIXTURE(reload_fixture, "reload: a change while the others end their work begins after that") {
  run(request_of(0, "a"));
  make_source_ready(1);
  auto first = workers[0];
  change(2);
  CHECK(workers[0] == first);
  finish_old();
  CHECK(state()->reload->serving == 1);
  CHECK(state()->reload->status == reload_result::state::starting);
  CHECK(workers[0] != first);
  CHECK(workers[0]->order.source->version == 2);
}

TEST_CASE_FIXTURE(queued_reload, "reload: what waited before the change is served by the new ones, in its order") {
  run(request_of(0, "a"));
  auto second = run(request_of(0, "b"));   // sent ahead
  auto third = run(request_of(0, "c"));
  make_source_ready(1);
  CHECK(old->running.size() == 2);
  finish_old();
  finish_old();
  CHECK(second->snapshot->status == prediction_status::succeeded);
  REQUIRE(workers[0]->running.size() == 1);
  CHECK(workers[0]->running[0].first->id == "c");
}

TEST_CASE_FIXTURE(reload_fixture, "reload: an input that was checked by the old document is checked by the new one") {
  auto body = R"({"input":{"count":"many"}})";
  run(request_of(0, "a"));
  change(1);
  describe_source(1, 1, 1, R"({"type":"object","properties":{"count":{"type":"integer"}}})");
  report_of(1, 0, worker_phase::ready);
  auto bad = run(request_of(0, "b", body));
  auto good = run(request_of(0, "c", R"({"input":{"count":3}})"));
  finish_old();
  CHECK(bad->error == errc::invalid_input);
  CHECK(bad->text.starts_with(R"({"detail":[{"loc":["body","input","count"])"));
  REQUIRE(workers[0]->running.size() == 1);
  CHECK(workers[0]->running[0].first->id == "c");
  finish(0);
  CHECK(good->snapshot->status == prediction_status::succeeded);
  CHECK(run(request_of(0, "d", body))->error == errc::invalid_input);
  CHECK(run(request_of(1, "e", body))->error == errc::ok);   // it was
}

TEST_CASE_FIXTURE(reload_fixture, "reload: another number of workers") {
  change(1);
  describe_source(1, 3, 3);
  CHECK(workers.size() == 3);
  CHECK_FALSE(workers[1]->started);
  report_of(1, 0, worker_phase::ready);
  CHECK(workers[1]->started);
  CHECK(workers[2]->started);
  CHECK(workers[1]->order.source->version == 1);
  report_of(1, 1, worker_phase::ready);
  CHECK_FALSE(old->drained);
  report_of(1, 2, worker_phase::ready);
  CHECK(old->drained);
  CHECK(state()->slots == 3);
  CHECK(free_slots() == 3);
  make_source_ready(2);
  CHECK(free_slots() == 1);
}

TEST_CASE_FIXTURE(reload_fixture, "reload: a worker that dies meanwhile is one of its own source") {
  change(1);
  report(0, worker_phase::restarting, "killed");
  CHECK(state()->status == health_status::starting);
  report(0, worker_phase::ready);
  CHECK(state()->status == health_status::ready);
  describe_source(1);
  report_of(1, 0, worker_phase::ready);
  report(0, worker_phase::given_up, "killed");   // of one that has gone
  CHECK(state()->status == health_status::ready);
}

TEST_CASE_FIXTURE(reload_fixture, "reload: where devices are held the others go first, once the source can be loaded") {
  report_of(0, 0, worker_phase::ready, {}, {"GPU-1"});
  change(1);
  CHECK(workers[0]->order.waits_for_devices);
  run(request_of(0, "a"));
  describe_source(1);
  CHECK_FALSE(old->drained);
  CHECK_FALSE(workers[0]->may_take_devices);
  auto waits = run(request_of(1, "b"));
  finish_old();
  CHECK(old->drained);
  CHECK(workers[0]->may_take_devices);
  CHECK(state()->status == health_status::starting);
  CHECK(waits->pending);
  auto more = run(request_of(1, "c"));
  CHECK(more->pending);
  report_of(1, 0, worker_phase::ready, {}, {"GPU-1"});
  CHECK(state()->reload->status == reload_result::state::succeeded);
  REQUIRE(!workers[0]->running.empty());
  CHECK(workers[0]->running[0].first->id == "b");
}

TEST_CASE_FIXTURE(reload_fixture, "reload: with devices a source that cannot be loaded changes nothing either") {
  report_of(0, 0, worker_phase::ready, {}, {"GPU-1"});
  change(1);
  report_of(1, 0, worker_phase::failed, "SyntaxError");
  CHECK_FALSE(old->drained);
  CHECK(state()->status == health_status::ready);
}

TEST_CASE_FIXTURE(reload_fixture, "reload: with devices a setup that fails leaves none, until the next change") {
  report_of(0, 0, worker_phase::ready, {}, {"GPU-1"});
  change(1);
  describe_source(1);
  auto waits = run(request_of(1, "a"));
  report_of(1, 0, worker_phase::failed, "no memory");
  CHECK(waits->error == errc::setup_failed);
  CHECK(state()->status == health_status::setup_failed);
  CHECK(state()->reload->error == "no memory");
  CHECK(run(request_of(1, "b"))->error == errc::setup_failed);
  change(2);
  auto held = run(request_of(1, "c"));
  CHECK(held->pending);
  describe_source(2);
  CHECK(workers[0]->may_take_devices);
  report_of(2, 0, worker_phase::ready, {}, {"GPU-1"});
  CHECK(state()->reload->status == reload_result::state::succeeded);
  CHECK(workers[0]->running.size() == 1);
}

TEST_CASE_FIXTURE(reload_fixture, "reload: after a failed first setup a mended source serves") {
  report(0, worker_phase::failed, "ImportError");
  CHECK(run(request_of(0, "a"))->error == errc::setup_failed);
  change(1);
  auto held = run(request_of(0, "b"));
  CHECK(held->pending);
  SUBCASE("it is") {
    describe_source(1);
    report_of(1, 0, worker_phase::ready);
    CHECK(state()->reload->status == reload_result::state::succeeded);
    CHECK(workers[0]->running.size() == 1);
  }
  SUBCASE("it is not") {
    report_of(1, 0, worker_phase::failed, "SyntaxError");
    CHECK(held->error == errc::setup_failed);
    CHECK(state()->status == health_status::setup_failed);
  }
}

TEST_CASE_FIXTURE(reload_fixture, "reload: a stop ends both") {
  change(1);
  auto next = workers[0];
  caf::anon_send(under_test, atom::drain_v, false);
  scheduler.run();
  CHECK(next->drained);
  CHECK(old->drained);
  change(2);
  CHECK(workers[0] == next);
}

TEST_CASE_FIXTURE(reload_fixture, "reload: without a change nothing is told but that changes are seen") {
  CHECK(state()->reload == nullptr);
  change(0);
  CHECK(state()->reload->status == reload_result::state::none);
  CHECK(workers[0] == old);
}
