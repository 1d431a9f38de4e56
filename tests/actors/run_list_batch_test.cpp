#include "room_support.hpp"

using namespace cog;
using namespace std::chrono_literals;

namespace {

/// The model has batches of up to eight.
struct batch_fixture : run_list_fixture {
  explicit batch_fixture(bool isolate = false) {
    auto model = std::make_shared<model_description>();
    model->batch = {.size = 8, .wait = 0.005, .keys = {}, .isolate = isolate};
    runs->set_model(std::move(model));
  }

  /// Adds one for each letter, as batch 5.
  void begin(const std::string& ids) {
    runs->begin_batch(5, ids.size());
    for (auto id : ids)
      requests[id] = add(std::string{id});
    heard.clear();
  }

  /// They end with this status, and the process is asked for what is still to be run.
  void done_all(std::initializer_list<uint64_t> numbers, done_status status = done_status::succeeded) {
    for (auto number : numbers)
      done(number, status);
    runs->go_on();
  }

  /// The process has died, and another one is ready.
  void die(run_list::end_kind how = run_list::end_kind::death) {
    runs->process_ended("Worker crashed", how);
    start_process();
    runs->go_on();
  }

  /// What the process was sent since it was asked last, without the rest.
  std::string sent() {
    std::string text;
    for (auto& line : take_heard())
      if (line.starts_with("batch"))
        text += text.empty() ? "" : " ";
      else if (line.starts_with("run "))
        text += line.substr(line.find(R"(":")") + 3, 1);
    return text;
  }

  std::map<char, request_ptr> requests;
};

}   // namespace

TEST_CASE("run_list batch: nothing is sent before all are there, then all at once") {
  batch_fixture test;
  test.runs->begin_batch(5, 2);
  test.add("a");
  CHECK(test.heard.empty());
  CHECK(test.runs->expects());
  test.add("b");
  CHECK(test.take_heard() == heard_list{"batch of 2", R"(run 1 {"of":"a"})", R"(run 2 {"of":"b"})"});
  CHECK_FALSE(test.runs->expects());
  CHECK(test.runs->is_in_batch());
}

TEST_CASE("run_list batch: a large input does not go through our memory once more") {
  batch_fixture test;
  test.runs->begin_batch(5, 2);
  auto request = test.make_request(std::string(20'000, 'x'));
  test.add(request, false);
  test.add("b");
  CHECK(test.heard.size() == 3);
  CHECK(test.process.last_head.size() > 20);
}

TEST_CASE("run_list batch: each ends when the process says so, and the batch with the last") {
  batch_fixture test;
  test.begin("abc");
  test.time.now += 20ms;
  CHECK(test.done(2));
  test.runs->go_on();
  CHECK(test.take_heard() == heard_list{"read pipes", "retired b succeeded", "answer b"});
  test.done_all({1, 3});
  CHECK(test.take_heard() ==
        heard_list{"retired a succeeded", "answer a", "retired c succeeded", "answer c", "over 5"});
  CHECK(test.owner.last_took == doctest::Approx(0.02));
  CHECK(test.ends.at("a")->metrics == R"("batch_size":3)");
}

TEST_CASE("run_list batch: a metric of the model's own of that name stays") {
  batch_fixture test;
  test.begin("ab");
  test.runs->on_metric({.number = 1, .mode = metric_mode::replace, .name = "batch_size", .value = "7"});
  test.done_all({1, 2});
  CHECK(test.ends.at("a")->metrics == R"("batch_size":7)");
}

TEST_CASE("run_list batch: who is cancelled ends at once, the others go on, and the slot stays taken") {
  batch_fixture test;
  test.begin("ab");
  CHECK(test.runs->cancel(test.requests['a']));
  CHECK(test.take_heard() == heard_list{"cancel 1", "retired a canceled", "answer a"});
  test.done_all({1}, done_status::canceled);
  CHECK(test.take_heard().empty());
  CHECK(test.runs->is_in_batch());
  test.done_all({2});
  CHECK(test.status_of("b") == prediction_status::succeeded);
  CHECK(test.heard.back() == "over 5");
}

TEST_CASE("run_list batch: what the model returns for one that is cancelled says nothing") {
  batch_fixture test;
  test.begin("ab");
  test.runs->cancel(test.requests['a']);
  test.runs->on_log({.number = 1, .source = log_source::out, .text = "late"});
  test.runs->on_metric({.number = 1, .mode = metric_mode::replace, .name = "x", .value = "1"});
  test.done_all({1, 2});
  CHECK(test.status_of("a") == prediction_status::canceled);
  CHECK(test.heard.back() == "over 5");
}

TEST_CASE("run_list batch: when nobody wants any of it the process is ended after COG_CANCEL_TIMEOUT") {
  batch_fixture test;
  test.begin("ab");
  test.runs->cancel(test.requests['a']);
  test.advance(11s);
  CHECK(test.heard.back() == "answer a");
  test.runs->cancel(test.requests['b']);
  test.advance(9s);
  CHECK(test.heard.back() == "answer b");
  test.advance(2s);
  CHECK(test.heard.back() ==
        "end process: the model did not end within 10 seconds after a cancel (COG_CANCEL_TIMEOUT)");
  test.die(run_list::end_kind::ended);
  CHECK(test.heard.back() == "over 5");
}

TEST_CASE("run_list batch: COG_PREDICT_TIMEOUT ends all that are left") {
  batch_fixture test;
  test.settings.predict_timeout = real_seconds{2};
  test.make();
  auto model = std::make_shared<model_description>();
  model->batch.size = 8;
  test.runs->set_model(model);
  test.begin("abc");
  test.done(2);
  test.advance(3s);
  CHECK(test.ends.at("a")->error == "Prediction timed out after 2 seconds (COG_PREDICT_TIMEOUT)");
  CHECK(test.status_of("b") == prediction_status::succeeded);
  CHECK(test.status_of("c") == prediction_status::failed);
  test.done_all({1, 3}, done_status::canceled);
  CHECK(test.heard.back() == "over 5");
}

TEST_CASE("run_list batch: a deadline ends its own prediction only") {
  batch_fixture test;
  test.runs->begin_batch(5, 2);
  test.add_urgent("a", 500ms);
  test.add("b");
  test.advance(501ms);
  CHECK(test.ends.at("a")->error == "Deadline of 500 ms passed while it ran");
  CHECK_FALSE(test.ends.contains("b"));
}

TEST_CASE("run_list batch: what is printed for none of them is in the log of each that has not ended") {
  batch_fixture test;
  test.begin("abc");
  test.done(2);
  test.runs->on_log({.number = 0, .source = log_source::out, .text = "of all\n"});
  CHECK(test.runs->on_printed(log_source::err, "native\n"));
  test.runs->on_log({.number = 3, .source = log_source::out, .text = "of c\n"});
  test.done_all({1, 3});
  CHECK(test.ends.at("a")->logs.str() == R"(of all\nnative\n)");
  CHECK(test.ends.at("b")->logs.str().empty());
  CHECK(test.ends.at("c")->logs.str() == R"(of all\nnative\nof c\n)");
  CHECK_FALSE(test.runs->on_printed(log_source::err, "later\n"));
}

TEST_CASE("run_list batch: a death fails those that have not ended") {
  batch_fixture test;
  test.begin("abc");
  test.done(1);
  test.die();
  CHECK(test.status_of("a") == prediction_status::succeeded);
  CHECK(test.ends.at("b")->error == "Worker crashed");
  CHECK(test.ends.at("c")->error == "Worker crashed");
  CHECK(test.heard.back() == "over 5");
  CHECK(test.owner.last_took == 0);
}

TEST_CASE("run_list batch: what was not complete when the process died is given back") {
  batch_fixture test;
  test.runs->begin_batch(5, 3);
  test.add("a");
  test.add("b");
  test.runs->give_back_unbegun();
  test.runs->process_ended("Worker crashed", run_list::end_kind::death);
  CHECK(test.take_heard() ==
        heard_list{"retired b unbegun", "give back b", "retired a unbegun", "give back a", "over 5"});
  CHECK_FALSE(test.runs->expects());
}

TEST_CASE("run_list batch: those that end before they are sent are left out") {
  batch_fixture test;
  test.runs->begin_batch(5, 3);
  auto a = test.add("a");
  auto b = test.add("b");
  test.runs->cancel(a);
  test.add("c");
  CHECK(test.sent() == "bc");
  batch_fixture other;
  other.runs->begin_batch(5, 1);
  auto alone = other.add("a", true);
  other.runs->cancel(alone);
  CHECK(other.heard.back() == "over 5");
}

TEST_CASE("run_list batch: a batch with files waits for the last of them") {
  batch_fixture test;
  test.runs->begin_batch(5, 2);
  auto a = test.add("a", true);
  auto b = test.add("b", true);
  auto input = std::make_shared<prepared_input>();
  input->json = R"({"of":"A"})";
  test.runs->on_input(a, input);
  CHECK(test.heard.empty());
  test.runs->on_input_failed(b, "no such file");
  CHECK(test.sent() == "A");
  CHECK(test.status_of("b") == prediction_status::failed);
}

TEST_CASE("run_list batch: mistakes of the process end it") {
  batch_fixture test;
  test.begin("ab");
  test.done(3);
  CHECK(test.heard.back() == "reject: a done frame of prediction 3, which is not to come");
  test.done(1);
  test.done(1);
  CHECK(test.heard.back() == "reject: a done frame of prediction 1, which is not to come");
  test.done(2, done_status::undone);
  CHECK(test.heard.back() == "reject: a done frame of prediction 2, which is not to come");
}

TEST_CASE("run_list batch: when others take over, those that run are cancelled") {
  batch_fixture test;
  test.begin("ab");
  test.runs->stop_all("changed");
  CHECK(test.ends.at("a")->error == "changed");
  CHECK(test.status_of("b") == prediction_status::canceled);
  test.runs->process_ended("gone");
  CHECK(test.heard.back() == "over 5");
}

TEST_CASE("run_list batch: without isolation nothing is run twice") {
  batch_fixture test;
  test.begin("ab");
  test.die();
  CHECK(test.sent().empty());
}

namespace {

/// Runs eight of which some are bad, by raising or by killing the process, to their ends. Returns the runs it took.
int isolate(const std::string& bad, bool kills) {
  batch_fixture test{true};
  test.begin("abcdefgh");
  std::string part = "abcdefgh";
  uint64_t first = 1;
  int runs = 0;
  while (!part.empty()) {
    ++runs;
    bool fails = part.find_first_of(bad) != std::string::npos;
    test.take_heard();
    if (fails && kills) {
      test.die();
      first = 1;
    } else {
      auto how = !fails ? done_status::succeeded : part.size() > 1 ? done_status::undone : done_status::failed;
      for (size_t i = 0; i < part.size(); ++i)
        test.done(first + i, how);
      first += part.size();
      test.runs->go_on();
    }
    CHECK((fails || test.owner.last_took <= 0));
    part = test.sent();
  }
  for (auto& [id, end] : test.ends)
    CHECK((end->status == prediction_status::failed) == (bad.find(id) != std::string::npos));
  CHECK(test.ends.size() == 8);
  CHECK_FALSE(test.runs->is_in_batch());
  return runs;
}

}   // namespace

TEST_CASE("run_list batch: one or two bad ones of eight fail alone, wherever they stand, in at most 2n - 1 runs") {
  for (bool kills : {false, true})
    for (char one = 'a'; one <= 'h'; ++one) {
      CHECK(isolate({one}, kills) == 7);   // six more than the first
      for (char other = one; ++other <= 'h';)
        CHECK(isolate({one, other}, kills) <= 15);
    }
  CHECK(isolate("abcdefgh", true) == 15);
}

TEST_CASE("run_list batch: a part that waits for the next process ends with the last one, or when it is cancelled") {
  batch_fixture test{true};
  test.begin("abcd");
  test.runs->process_ended("Worker crashed", run_list::end_kind::death);
  CHECK(test.ends.empty());
  CHECK_FALSE(test.runs->is_isolating());   // nothing is in the process
  test.runs->cancel(test.requests['a']);
  CHECK(test.status_of("a") == prediction_status::canceled);
  test.start_process();
  test.runs->go_on();
  CHECK(test.sent() == "b");
  CHECK(test.runs->is_isolating());
  test.runs->process_ended("no more", run_list::end_kind::last);
  CHECK(test.ends.at("c")->error == "no more");
  CHECK(test.ends.at("b")->error == "no more");
  CHECK(test.heard.back() == "over 5");
}

TEST_CASE("run_list batch: when all that wait for the next process are cancelled the batch is over") {
  batch_fixture test{true};
  test.begin("ab");
  test.runs->process_ended("Worker crashed", run_list::end_kind::death);
  test.runs->cancel(test.requests['a']);
  test.runs->cancel(test.requests['b']);
  CHECK(test.heard.back() == "over 5");
}

TEST_CASE("run_list batch: a death that we have caused is not looked into") {
  batch_fixture test{true};
  test.begin("ab");
  test.die(run_list::end_kind::ended);
  CHECK(test.status_of("a") == prediction_status::failed);
  CHECK(test.heard.back() == "over 5");
}
