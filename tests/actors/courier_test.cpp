#include "actors/courier.hpp"
#include "../support/temporary_folder.hpp"
#include "actor_fixture.hpp"
#include "actors/files.hpp"
#include "actors/webhook_registry.hpp"
#include "input_support.hpp"
#include <deque>
#include <doctest/doctest.h>

using namespace cog;
using namespace std::chrono_literals;

namespace {

/// A courier whose webhooks are taken by the test.
struct courier_fixture : actor_fixture {
  courier_fixture() {
    request->id = "p1";
    request->webhook = "http://example.net/hook";
    config.webhook_interval = real_seconds{0};
    transfers = system.spawn([this](transfer_actor::pointer self) -> transfer_actor::behavior_type {
      return {
        [](atom::fetch, const input_job&) { return std::string{}; },
        [](atom::store, const upload_job&) { return std::string{}; },
        [this, self](atom::post, const post_job& job) -> caf::result<post_outcome> {
          jobs.push_back(job);
          answers.push_back(self->make_response_promise<post_outcome>());
          return answers.back();
        },
        [](atom::cancel, const std::string&) { /* nop */ },
        [this](atom::perform) {
          auto promise = std::move(answers.front());
          answers.pop_front();
          promise.deliver(given);
        },
      };
    });
  }
  ~courier_fixture() {
    caf::anon_send_exit(subject, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(store, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(counter, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(transfers, caf::exit_reason::user_shutdown);
    scheduler.run();
    answers.clear();
  }

  void start() {
    subject = system.spawn(courier, courier_order{*request}, courier_links{transfers, store, counter},
                           plain_folder(temporary / "own"), std::make_shared<const server_config>(config));
    caf::actor_cast<caf::actor>(subject)->attach_functor([this](const caf::error&) { gone = true; });
    scheduler.run();
  }

  void tell(prediction_event event) {
    if (!subject)
      start();
    caf::anon_send(subject, atom::event_v, event_ptr{std::make_shared<const prediction_event>(std::move(event))});
    scheduler.run();
  }
  void tell_start() { tell({}); }
  void tell_chunk(std::string json) {
    prediction_event event;
    event.what = prediction_event::kind::output;
    event.text = make_slice(std::move(json));
    tell(std::move(event));
  }
  void tell_log(std::string text) {
    prediction_event event;
    event.what = prediction_event::kind::log;
    event.text = make_slice(std::move(text));
    tell(std::move(event));
  }
  void tell_end(std::string logs = {}) {
    auto end = std::make_shared<prediction_snapshot>();
    end->id = "p1";
    end->status = prediction_status::succeeded;
    end->logs = std::move(logs);
    prediction_event event;
    event.what = prediction_event::kind::completed;
    event.end = std::move(end);
    tell(std::move(event));
  }

  void answer(uint64_t status, uint64_t retry_after = 0) {
    REQUIRE_FALSE(answers.empty());
    given.status = status;
    given.retry_after = retry_after;
    caf::anon_send(transfers, atom::perform_v);   // a promise is kept by its own actor
    scheduler.run();
  }
  /// Every webhook is taken, until none is under way.
  void take_all() {
    while (!answers.empty())
      answer(200);
  }
  std::string body(size_t index) const {
    std::string text;
    for (auto& part : *jobs.at(index).body)
      text += text_of(part).value_or("<file>");
    return text;
  }
  /// One line of the metrics.
  std::string metric(const std::string& series) {
    auto text = *ask<std::string>(counter, atom::metrics_v);
    auto line = '\n' + series + ' ';
    auto at = text.find(line);
    return at == text.npos ? "none" : text.substr(at + line.size(), text.find('\n', at + 1) - at - line.size());
  }
  std::string outcomes(const std::string& fate) { return metric("cog_webhooks_total{outcome=\"" + fate + "\"}"); }
  bool says(size_t index, const std::string& text) const { return body(index).find(text) != std::string::npos; }
  bool has_header(const std::string& line) const {
    auto& lines = jobs.at(0).headers;
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  }
  void pass(std::chrono::milliseconds time) {
    scheduler.advance_time(time);
    scheduler.run();
  }

  std::shared_ptr<prediction_request> request = std::make_shared<prediction_request>();
  server_config config;
  temporary_folder temporary;
  transfer_actor transfers;
  files_actor store = system.spawn(files);
  webhook_registry_actor counter = system.spawn(webhook_registry);
  courier_actor subject;
  std::vector<post_job> jobs;
  std::deque<caf::typed_response_promise<post_outcome>> answers;   // not given yet
  post_outcome given;
  bool gone = false;
};

}   // namespace

TEST_CASE_FIXTURE(courier_fixture, "courier: one at a time, each with what had come when it was due") {
  tell_start();
  tell_chunk("1");
  tell_log(R"(x\n)");
  tell_chunk("2");
  CHECK(jobs.size() == 1);
  CHECK(body(0) == R"({"id":"p1","logs":"","metrics":{},"status":"processing"})");
  take_all();
  REQUIRE(jobs.size() == 4);
  CHECK(body(1) == R"({"id":"p1","logs":"","metrics":{},"output":[1],"status":"processing"})");
  CHECK(says(2, R"("logs":"x\n")"));
  CHECK(says(2, R"("output":[1])"));
  CHECK(says(3, R"("output":[1,2])"));
  CHECK_FALSE(gone);
}

TEST_CASE_FIXTURE(courier_fixture, "courier: ends when the terminal one is taken") {
  tell_start();
  tell_end();
  answer(200);
  CHECK_FALSE(gone);
  CHECK(says(1, R"("status":"succeeded")"));
  answer(201);
  CHECK(gone);
  CHECK(jobs.size() == 2);
}

TEST_CASE_FIXTURE(courier_fixture, "courier: ends at once when nobody wants to hear of the end") {
  request->webhook_events = webhook_output;
  tell_start();
  tell_log(R"(x\n)");
  tell_end();
  CHECK(gone);
  CHECK(jobs.empty());
}

TEST_CASE_FIXTURE(courier_fixture, "courier: logs wait for the interval, outputs do not, and the end is told last") {
  config.webhook_interval = real_seconds{1e6};
  tell_start();
  tell_log("a");
  tell_chunk("1");
  tell_log("b");
  tell_end();
  take_all();
  REQUIRE(jobs.size() == 4);
  CHECK(says(1, R"("output":[1])"));
  CHECK(says(2, R"("logs":"ab")"));
  CHECK(says(2, R"("status":"processing")"));
  CHECK(says(3, R"("status":"succeeded")"));
}

TEST_CASE_FIXTURE(courier_fixture, "courier: a long line collapses into the newest") {
  tell_start();
  for (int i = 0; i < 1000; ++i)
    tell_chunk("7");
  tell_end();
  take_all();
  CHECK(jobs.size() <= 66);
  CHECK(std::stoul(outcomes("collapsed")) + jobs.size() == 1002);
  CHECK(outcomes("sent") == std::to_string(jobs.size()));
  CHECK(says(jobs.size() - 1, R"("status":"succeeded")"));
  CHECK(gone);
}

TEST_CASE_FIXTURE(courier_fixture, "courier: only the terminal one is tried again") {
  tell_start();
  answer(500);
  CHECK(jobs.size() == 1);
  tell_end();
  answer(500);
  CHECK(jobs.size() == 2);
  scheduler.advance_time(199ms);
  scheduler.run();
  CHECK(jobs.size() == 2);
  scheduler.advance_time(1ms);
  scheduler.run();
  CHECK(jobs.size() == 3);
  answer(200);
  CHECK(gone);
}

TEST_CASE_FIXTURE(courier_fixture, "courier: the pauses double up to 102.4 s, the 13th attempt is the last") {
  request->webhook_events = webhook_completed;
  tell_end();
  for (int attempt = 1; attempt < 13; ++attempt) {
    answer(0);
    auto pause = 200ms * (1 << std::min(attempt - 1, 9));
    scheduler.advance_time(pause - 1ms);
    scheduler.run();
    REQUIRE(jobs.size() == static_cast<size_t>(attempt));
    scheduler.advance_time(1ms);
    scheduler.run();
    REQUIRE(jobs.size() == static_cast<size_t>(attempt) + 1);
  }
  answer(0);
  CHECK(gone);
}

TEST_CASE_FIXTURE(courier_fixture, "courier: a refusal that is no overload is final") {
  request->webhook_events = webhook_completed;
  tell_end();
  answer(404);
  CHECK(gone);
}

TEST_CASE_FIXTURE(courier_fixture, "courier: Retry-After lengthens the pause, up to an hour") {
  request->webhook_events = webhook_completed;
  tell_end();
  answer(429, 7);
  scheduler.advance_time(6999ms);
  scheduler.run();
  CHECK(jobs.size() == 1);
  scheduler.advance_time(1ms);
  scheduler.run();
  CHECK(jobs.size() == 2);
  answer(503, UINT64_MAX);
  scheduler.advance_time(3600s);
  scheduler.run();
  CHECK(jobs.size() == 3);
}

TEST_CASE_FIXTURE(courier_fixture, "courier: when the server stops it tries again at once, and gives up soon") {
  request->webhook_events = webhook_completed;
  tell_end();
  answer(503, 3000);
  caf::anon_send(subject, atom::drain_v);
  scheduler.run();
  CHECK(jobs.size() == 2);
  for (auto pause : {200ms, 400ms, 800ms}) {
    answer(503, 3000);
    scheduler.advance_time(pause);
    scheduler.run();
  }
  CHECK(jobs.size() == 5);
  answer(503);
  CHECK(gone);
}

TEST_CASE_FIXTURE(courier_fixture, "courier: the headers") {
  request->traceparent = "00-1-2-01";
  request->tracestate = "a=1";
  config.webhook_token = "s3cret";
  tell_start();
  CHECK(jobs[0].url == "http://example.net/hook");
  for (auto line : {"Content-Type: application/json", "traceparent: 00-1-2-01", "tracestate: a=1"})
    CHECK(has_header(line));
  CHECK(jobs[0].private_headers == std::vector<std::string>{"Authorization: Bearer s3cret"});
}

TEST_CASE_FIXTURE(courier_fixture, "courier: neither a token nor a trace is made up") {
  tell_start();
  CHECK(jobs[0].headers.size() == 2);
  CHECK(jobs[0].private_headers.empty());
}

TEST_CASE_FIXTURE(courier_fixture, "courier: a delivery that is to be signed keeps its id in every attempt") {
  config.webhook_secrets = {"secret"};
  tell_start();
  tell_end();
  answer(200);
  answer(500);
  pass(200ms);
  REQUIRE(jobs.size() == 3);
  CHECK(jobs[0].id.starts_with("msg_"));
  CHECK(jobs[1].id.starts_with("msg_"));
  CHECK(jobs[1].id != jobs[0].id);
  CHECK(jobs[2].id == jobs[1].id);
}

TEST_CASE_FIXTURE(courier_fixture, "courier: without a secret a delivery has no id") {
  tell_start();
  CHECK(jobs[0].id.empty());
}

TEST_CASE_FIXTURE(courier_fixture, "courier: files keep their places in an output that grows, and their folder") {
  auto holder = std::make_shared<const folder>(folder{"out"});
  tell_start();
  tell_chunk("1");
  prediction_event event;
  event.what = prediction_event::kind::output;
  event.text = make_slice(R"("")");
  event.files = {{{0, 2}, "out/a.png", "image/png", 3}};
  event.holder = holder;
  tell(std::move(event));
  take_all();
  auto& job = jobs.at(2);
  REQUIRE(job.body->size() == 3);
  CHECK(std::get<std::string>(job.body->at(0)).ends_with(R"("output":[1,)"));
  CHECK(std::get<output_file>(job.body->at(1)).path == "out/a.png");
  CHECK(job.holders == std::vector<folder_ptr>{holder});
}

TEST_CASE_FIXTURE(courier_fixture,
                  "courier: a large terminal body lies in the prediction's folder, a small one does not") {
  request->webhook_events = webhook_completed;
  tell_end(std::string(100'000, 'x'));
  REQUIRE(jobs.size() == 1);
  CHECK(jobs[0].holders.size() == 1);
  auto& file = std::get<raw_file>(jobs[0].body->at(0));
  CHECK(file.path == temporary / "own/webhook.json");
  auto text = read_file(file.path);
  CHECK(text.size() == file.size);
  CHECK(text.starts_with(R"({"id":"p1","logs":"xxx)"));
  answer(503);
  scheduler.advance_time(200ms);
  scheduler.run();
  REQUIRE(jobs.size() == 2);
  CHECK(jobs[1].body == jobs[0].body);
  answer(200);
  CHECK(gone);
}

TEST_CASE_FIXTURE(courier_fixture, "courier: a large terminal body that cannot be stored is kept") {
  write_file(temporary / "own", "in the way");
  request->webhook_events = webhook_completed;
  tell_end(std::string(100'000, 'x'));
  REQUIRE(jobs.size() == 1);
  CHECK(body(0).size() > 100'000);
}

TEST_CASE_FIXTURE(courier_fixture, "courier: what the rule of private addresses refuses is not tried again") {
  request->webhook_events = webhook_completed;
  tell_end();
  given.refused = true;
  answer(0);
  CHECK(gone);
}

TEST_CASE_FIXTURE(courier_fixture, "courier: what has become of webhooks is counted") {
  tell_start();
  answer(500);
  tell_end();
  CHECK(metric("cog_webhooks_waiting") == "1");
  answer(500);
  CHECK(outcomes("failed") == "1");
  CHECK(outcomes("retried") == "1");
  scheduler.advance_time(200ms);
  scheduler.run();
  answer(404);
  CHECK(gone);
  CHECK(outcomes("given_up") == "1");
  CHECK(outcomes("sent") == "0");
  CHECK(metric("cog_webhooks_waiting") == "0");
}

TEST_CASE_FIXTURE(courier_fixture,
                  "courier: beyond ten thousand terminal ones that wait, the one that waits longest is given up") {
  request->webhook_events = webhook_completed;
  tell_end();
  std::vector<courier_actor> links;
  for (int i = 0; i < 10'000; ++i) {
    auto other = system.spawn(courier, courier_order{*request}, courier_links{transfers, store, counter}, folder_ptr{},
                              std::make_shared<const server_config>(config));
    caf::anon_send(counter, atom::enlist_v, other);
    links.push_back(std::move(other));
    if (i == 9'998) {
      scheduler.run();
      CHECK_FALSE(gone);
    }
  }
  scheduler.run();
  CHECK(gone);
  CHECK(outcomes("given_up") == "1");
  CHECK(metric("cog_webhooks_waiting") == "10000");
  for (auto& other : links)
    caf::anon_send_exit(other, caf::exit_reason::user_shutdown);
  scheduler.run();
  CHECK(metric("cog_webhooks_waiting") == "0");
}
