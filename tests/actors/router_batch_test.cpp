#include "router_support.hpp"
#include <doctest/doctest.h>

// What goes together. The time is the test's.

using namespace cog;
using namespace std::chrono_literals;

namespace {

/// Input files that are there when the test says so, or (false) cannot be had.
using held_files_actor = input_files_actor::extend<caf::reacts_to<atom::start, bool>>;

held_files_actor::behavior_type held_input_files(held_files_actor::pointer self) {
  auto asked = std::make_shared<std::vector<caf::typed_response_promise<prepared_ptr>>>();
  return {
    [=](atom::prepare) -> caf::result<prepared_ptr> {
      asked->push_back(self->make_response_promise<prepared_ptr>());
      return asked->back();
    },
    [=](atom::start, bool succeed) {
      for (auto& promise : *asked) {
        if (succeed)
          promise.deliver(std::make_shared<const prepared_input>());
        else
          promise.deliver(make_error(errc::download_failed, "no such host"));
      }
    },
  };
}

struct batch_fixture : router_fixture {
  explicit batch_fixture(const queue_rules& rules = {}) : router_fixture{rules} {
    // nop
  }

  ~batch_fixture() { held_files.clear(); }

  /// From now on they are there when the test says so.
  void hold_files() {
    make_input_files = [this] {
      held_files.push_back(system.spawn(held_input_files));
      return caf::actor_cast<input_files_actor>(held_files.back());
    };
  }
  void end_files(size_t which, bool succeed) {
    caf::anon_send(held_files.at(which), atom::start_v, succeed);
    scheduler.run();
  }

  /// So many workers, all ready, with batches of four.
  void make_batching(uint64_t count = 1, std::vector<batch_input> keys = {}) {
    describe(count, count, false, {.size = 4, .wait = 0.005, .keys = std::move(keys), .isolate = false});
    for (uint64_t index = 0; index < count; ++index)
      report(index, worker_phase::ready);
  }

  static std::shared_ptr<prediction_request> make_input(const std::string& id, const std::string& input) {
    auto request = make_request(id);
    request->body = R"({"input":)" + input + "}";
    request->input = {9, input.size()};
    return request;
  }

  void run_all(const std::string& ids) {
    for (auto id : ids)
      answers[id] = run(make_request(std::string{id}));
  }

  /// What a worker was sent since it was asked last: one word a batch.
  std::string sent(uint64_t worker = 0) {
    auto& state = *workers.at(worker);
    std::string text;
    auto next = state.running.begin() + static_cast<std::ptrdiff_t>(seen[worker]);
    for (; batches_seen[worker] < state.batches.size(); ++batches_seen[worker]) {
      text += text.empty() ? "" : " ";
      for (uint64_t i = 0; i < state.batches[batches_seen[worker]].second; ++i, ++seen[worker])
        text += (next++)->first->id;
    }
    CHECK(next == state.running.end());
    return text;
  }

  /// All of a worker's batch end, and then the batch.
  void end_batch(uint64_t worker = 0, std::chrono::milliseconds took = 20ms) {
    scheduler.advance_time(took);
    while (!workers.at(worker)->running.empty())
      finish(worker);
    seen[worker] = 0;
    batches_seen[worker] = workers.at(worker)->batches.size();
    over(worker, took);
  }
  void over(uint64_t worker = 0, std::chrono::milliseconds took = 20ms) {
    caf::anon_send(under_test, atom::batch_v, worker, workers.at(worker)->batches.back().first,
                   std::chrono::duration<double>(took).count());
    scheduler.run();
  }

  void advance(std::chrono::microseconds by) {
    scheduler.advance_time(by);
    scheduler.run();
  }

  /// Clients come one right after the other, so waiting for the next one is of use.
  void teach() {
    for (int i = 0; i < 40; ++i) {
      run_all("t");
      advance(100us);
      run_all("u");
      if (sent().empty())
        advance(5ms);
      while (!workers.at(0)->running.empty() || !answers['u']->snapshot) {
        end_batch();
        sent();
      }
      advance(1s);
    }
  }

  std::string metrics() { return *ask<std::string>(under_test, atom::metrics_v); }
  bool counts(const std::string& line) { return metrics().find(line + "\n") != std::string::npos; }

  std::vector<held_files_actor> held_files;
  std::map<char, answer_ptr> answers;
  std::map<uint64_t, size_t> seen, batches_seen;
};

}   // namespace

TEST_CASE_FIXTURE(batch_fixture,
                  "router batch: an idle worker gets the first at once, the next ones gather meanwhile") {
  make_batching();
  run_all("abcd");
  CHECK(sent() == "a");
  end_batch();
  CHECK(sent() == "bcd");
  CHECK(answers['a']->snapshot->status == prediction_status::succeeded);
  CHECK(answers['b']->pending);
  end_batch();
  CHECK(answers['d']->snapshot->id == "d");
  CHECK(counts(R"(cog_batches_total{closed="gap"} 2)"));
  CHECK(counts(R"(cog_batch_size_bucket{le="2"} 1)"));
  CHECK(counts("cog_batch_size_sum 4"));
  CHECK(counts(R"(cog_batch_items_total{outcome="succeeded"} 4)"));
}

TEST_CASE_FIXTURE(batch_fixture, "router batch: no more go together than the model takes") {
  make_batching();
  run_all("abcde");
  CHECK(sent() == "a");
  end_batch();
  CHECK(sent() == "bcde");
  CHECK(counts(R"(cog_batches_total{closed="full"} 1)"));
}

TEST_CASE_FIXTURE(batch_fixture, "router batch: a batch gathers for each worker, and the next one is refused") {
  make_batching(2);
  run_all("ab");
  auto both = sent(0) + sent(1);
  CHECK((both == "ab" || both == "ba"));
  CHECK(free_slots() == 8);
  run_all("cdefghij");
  CHECK(free_slots() == 0);
  CHECK((*ask<health_ptr>(under_test, atom::check_v))->status == health_status::busy);
  auto refused = run(make_request("k"));
  CHECK(refused->error == errc::at_capacity);
  CHECK((*ask<health_ptr>(under_test, atom::check_v))->slots == 8);
}

TEST_CASE_FIXTURE(batch_fixture, "router batch: it waits for one that comes soon, and not longer than it may") {
  make_batching();
  teach();
  run_all("a");
  CHECK(sent() == "");
  advance(100us);
  run_all("b");
  advance(5ms);
  CHECK(sent() == "ab");
  end_batch();
  run_all("c");
  advance(4ms);
  CHECK(sent() == "");
  advance(1ms);
  CHECK(sent() == "c");
  CHECK(metrics().find(R"(cog_batches_total{closed="wait"} 0)") == std::string::npos);
}

TEST_CASE_FIXTURE(batch_fixture, "router batch: equal values of the key go together, the oldest first") {
  model_document document;
  document.json = R"({"components":{"schemas":{"Input":{"properties":{"width":{"default":64}}}}}})";
  make_batching(1, batch_inputs({"width"}, &document));
  run_all("z");
  CHECK(sent() == "z");
  run(make_input("a", R"({"width":1})"));
  run(make_input("b", R"({"width":64,"x":"y"})"));
  run(make_input("c", R"({"width": 1.0})"));
  run(make_input("d", "{}"));
  end_batch();
  CHECK(sent() == "ac");
  end_batch();
  CHECK(sent() == "bd");
}

TEST_CASE_FIXTURE(batch_fixture, "router batch: the best class opens a batch, the other one fills it") {
  make_batching();
  run_all("z");
  auto low = make_request("l");
  low->low = true;
  run(low);
  run_all("ab");
  sent();
  end_batch();
  CHECK(sent() == "abl");
}

TEST_CASE_FIXTURE(batch_fixture, "router batch: one that still downloads is overtaken") {
  make_batching();
  hold_files();
  auto slow = make_request("s");
  slow->files.push_back({"/image", {0, 0}});
  auto answer = run(slow);
  run_all("a");
  CHECK(sent() == "a");
  CHECK((*ask<snapshot_ptr>(under_test, atom::find_v, std::string{"s"}))->queue.position == 1);
  end_files(0, true);
  CHECK(sent() == "");
  end_batch();
  CHECK(sent() == "s");
  CHECK(workers.at(0)->links.back().prepared);
  CHECK(!workers.at(0)->links.back().input_files);
  CHECK(answer->pending);
}

TEST_CASE_FIXTURE(batch_fixture, "router batch: one whose files cannot be had fails before it takes part") {
  make_batching();
  hold_files();
  auto slow = make_request("s");
  slow->files.push_back({"/image", {0, 0}});
  auto answer = run(slow);
  end_files(0, false);
  CHECK(answer->snapshot->status == prediction_status::failed);
  CHECK(answer->snapshot->error == "Input validation error: no such host");
  auto other = make_request("o");
  other->files = slow->files;
  auto left = run(other);
  CHECK(*ask<bool>(under_test, atom::cancel_v, std::string{"o"}));
  CHECK(left->snapshot->status == prediction_status::canceled);
  end_files(1, true);
  CHECK(sent() == "");
}

TEST_CASE_FIXTURE(batch_fixture,
                  "router batch: who is cancelled in the queue leaves it, one that was sent is the worker's") {
  make_batching();
  run_all("abcd");
  sent();
  CHECK(*ask<bool>(under_test, atom::cancel_v, std::string{"c"}));
  CHECK(answers['c']->snapshot->status == prediction_status::canceled);
  CHECK(*ask<bool>(under_test, atom::cancel_v, std::string{"a"}));
  CHECK(workers.at(0)->canceled == std::vector<std::string>{"a"});
  end_batch();
  CHECK(sent() == "bd");
}

TEST_CASE_FIXTURE(batch_fixture,
                  "router batch: the slot is free when the batch is over, not when its predictions are") {
  make_batching();
  run_all("ab");
  sent();
  finish(0);
  seen[0] = 0;
  CHECK(sent() == "");
  over();
  CHECK(sent() == "b");
  over();
  over();   // said twice, of a batch that is over
  CHECK(free_slots() == 4);
}

TEST_CASE_FIXTURE(batch_fixture, "router batch: a worker that comes back with a batch gets no other one") {
  make_batching();
  run_all("ab");
  sent();
  report(0, worker_phase::restarting, "Worker crashed");
  report(0, worker_phase::ready);
  CHECK(sent() == "");
  finish(0);
  seen[0] = 0;
  over(0, 0ms);
  CHECK(sent() == "b");
}

TEST_CASE_FIXTURE(batch_fixture, "router batch: what a worker gives back goes first, while others gather") {
  make_batching();
  run_all("ab");
  sent();
  report(0, worker_phase::restarting, "Worker crashed");
  auto [request, promise] = workers.at(0)->running.front();
  workers.at(0)->running.clear();
  seen[0] = 0;
  caf::anon_send(under_test, atom::retire_v, uint64_t{0}, request, snapshot_ptr{});
  promise.delegate(under_test, atom::rerun_v, request, prediction_links{});
  scheduler.run();
  over(0, 0ms);
  CHECK(answers['a']->pending);
  report(0, worker_phase::ready);
  CHECK(sent() == "ab");
}

TEST_CASE_FIXTURE(batch_fixture, "router batch: a drain closes what gathers; the second one ends it") {
  make_batching();
  teach();
  run_all("a");
  CHECK(sent() == "");
  caf::anon_send(under_test, atom::drain_v, false);
  scheduler.run();
  CHECK(sent() == "a");
  CHECK(counts(R"(cog_batches_total{closed="drain"} 1)"));
  CHECK_FALSE(workers.at(0)->drained);
  end_batch();
  CHECK(workers.at(0)->drained);
}

TEST_CASE_FIXTURE(batch_fixture, "router batch: what gathers when the server stops ends canceled") {
  make_batching();
  run_all("abc");
  sent();
  caf::anon_send(under_test, atom::drain_v, true);
  scheduler.run();
  CHECK(answers['b']->snapshot->status == prediction_status::canceled);
  CHECK(answers['c']->snapshot->status == prediction_status::canceled);
  CHECK(workers.at(0)->canceled == std::vector<std::string>{"a"});
}

TEST_CASE_FIXTURE(batch_fixture, "router batch: one whose time would be over before its end is not sent") {
  make_batching();
  for (int i = 0; i < 10; ++i) {
    run_all("x");
    sent();
    end_batch(0, 100ms);
  }
  run_all("a");
  sent();
  auto urgent = make_request("u");
  urgent->time_limit = 320ms;
  urgent->deadline = scheduler.clock().now() + 320ms;
  auto answer = run(urgent);
  run_all("b");
  CHECK(answer->pending);
  end_batch(0, 250ms);
  CHECK(sent() == "b");
  CHECK(answer->snapshot->too_late);
}

TEST_CASE_FIXTURE(batch_fixture, "router batch: the forecast counts batches") {
  make_batching();
  for (int i = 0; i < 10; ++i) {
    run_all("x");
    sent();
    end_batch(0, 100ms);
  }
  run_all("abcde");
  sent();
  run_all("f");
  auto place = [&](const std::string& id) { return (*ask<snapshot_ptr>(under_test, atom::find_v, id))->queue; };
  CHECK(place("b").wait_ms == 100);
  CHECK(place("e").wait_ms == 100);
  CHECK(place("e").position == 4);
}

TEST_CASE_FIXTURE(batch_fixture, "router batch: a model without batches has none of their metrics") {
  make_ready(1, 1);
  CHECK(metrics().find("cog_batch") == std::string::npos);
}
