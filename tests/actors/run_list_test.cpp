#include "room_support.hpp"

using namespace cog;
using namespace std::chrono_literals;

TEST_CASE("run_list: who counts slots hears of the end before who has asked") {
  run_list_fixture test;
  test.add("a");
  CHECK(test.take_heard() == heard_list{R"(run 1 {"of":"a"})"});
  CHECK(test.done(1));
  CHECK(test.take_heard() == heard_list{"read pipes", "retired a succeeded", "answer a"});
  CHECK(test.ends.at("a")->output.json.str() == "1");
  CHECK(test.runs->find("a") == nullptr);
}

TEST_CASE("run_list: a synchronous model is sent the next ahead, which begins when the one before has ended") {
  run_list_fixture test;
  test.add("a");
  test.add("b");
  CHECK(test.take_heard() == heard_list{R"(run 1 {"of":"a"})", R"(run 2 {"of":"b"})"});
  CHECK(test.runs->find("a")->snapshot(nullptr)->status == prediction_status::processing);
  CHECK(test.runs->find("b")->snapshot(nullptr)->status == prediction_status::starting);
  test.done(1);
  CHECK(test.runs->find("b")->snapshot(nullptr)->status == prediction_status::processing);
  CHECK(test.done(2));
  CHECK(test.status_of("b") == prediction_status::succeeded);
}

TEST_CASE("run_list: an async model begins all at once and ends them in any order") {
  run_list_fixture test{true};
  test.add("a");
  test.add("b");
  CHECK(test.runs->find("b")->begun);
  test.done(2);
  test.done(1);
  CHECK(test.status_of("a") == prediction_status::succeeded);
  CHECK(test.status_of("b") == prediction_status::succeeded);
}

TEST_CASE("run_list: numbers grow, and begin anew with the next process") {
  run_list_fixture test;
  test.add("a");
  test.done(1);
  test.add("b");
  CHECK(test.runs->find("b")->number == 2);
  test.runs->process_ended("gone");
  test.start_process();
  test.add("c");
  CHECK(test.runs->find("c")->number == 1);
}

TEST_CASE("run_list: one whose files are made begins at once and is sent when they are there") {
  run_list_fixture test;
  auto request = test.add("a", true);
  CHECK(test.heard.empty());
  CHECK(test.runs->find("a")->begun);
  CHECK_FALSE(test.runs->is_single());
  auto input = std::make_shared<prepared_input>();
  input->json = R"({"of":"/tmp/file"})";
  input->pointers = {"/of"};
  test.runs->on_input(request, input);
  CHECK(test.take_heard() == heard_list{R"(run 1 {"of":"/tmp/file"})"});
  CHECK(test.process.last_head.ends_with(R"({"files":["/of"]})"));
  CHECK(test.runs->is_single());
}

TEST_CASE("run_list: nothing overtakes one whose files are made on the way to a synchronous model") {
  run_list_fixture test;
  auto request = test.add("a", true);
  test.add("b");
  CHECK(test.heard.empty());
  test.runs->on_input(request, std::make_shared<prepared_input>());
  CHECK(test.take_heard() == heard_list{"run 1 ", R"(run 2 {"of":"b"})"});
}

TEST_CASE("run_list: files that are made for a later one wait behind those of an earlier one") {
  run_list_fixture test;
  auto first = test.add("a", true);
  auto second = test.add("b", true);
  test.runs->on_input(second, std::make_shared<prepared_input>());
  CHECK(test.heard.empty());
  test.runs->on_input(first, std::make_shared<prepared_input>());
  CHECK(test.runs->find("a")->number == 1);
  CHECK(test.runs->find("b")->number == 2);
}

TEST_CASE("run_list: an async model waits for nobody's files but their own prediction's") {
  run_list_fixture test{true};
  test.add("a", true);
  test.add("b");
  CHECK(test.take_heard() == heard_list{R"(run 1 {"of":"b"})"});
}

TEST_CASE("run_list: without its files a prediction fails, and the next begins") {
  run_list_fixture test;
  auto request = test.add("a", true);
  test.add("b");
  test.runs->on_input_failed(request, "404 Not Found");
  CHECK(test.ends.at("a")->error == "Input validation error: 404 Not Found");
  CHECK(test.take_heard() == heard_list{R"(run 1 {"of":"b"})", "retired a failed", "answer a"});
  test.runs->on_input_failed(request, "too late");
  test.runs->on_input(request, std::make_shared<prepared_input>());
  CHECK(test.heard.empty());
}

TEST_CASE("run_list: what the model says of its end is the end") {
  run_list_fixture test;
  test.add("a");
  test.done(1, done_status::failed, "ValueError: no");
  CHECK(test.status_of("a") == prediction_status::failed);
  CHECK(test.ends.at("a")->error == "ValueError: no");
  test.add("b");
  test.done(2, done_status::canceled, "");
  CHECK(test.status_of("b") == prediction_status::canceled);
}

TEST_CASE("run_list: frames of a prediction that does not run break the protocol") {
  run_list_fixture test;
  test.add("a");
  test.take_heard();
  test.runs->on_output({.number = 7, .files = {}, .chunk = "1"});
  test.runs->on_metric({.number = 8, .name = "m", .value = "1"});
  test.runs->on_log({.number = 9, .text = "printed"});
  CHECK_FALSE(test.done(10));
  CHECK(test.take_heard() ==
        heard_list{
          "reject: a frame (output) of prediction 7, which does not run",
          "reject: a frame (metric) of prediction 8, which does not run",
          "reject: a frame (log) of prediction 9, which does not run",
          "reject: a frame (done) of prediction 10, which does not run",
        });
  CHECK(test.runs->find("a") != nullptr);
}

TEST_CASE("run_list: a second done frame breaks the protocol") {
  run_list_fixture test;
  test.add("a");
  test.done(1);
  test.take_heard();
  test.done(1);
  CHECK(test.take_heard() == heard_list{"reject: a frame (done) of prediction 1, which does not run"});
}

TEST_CASE("run_list: chunks, logs and metrics are in the result") {
  run_list_fixture test;
  test.add("a");
  test.runs->on_output({.number = 1, .files = {}, .chunk = R"("x")"});
  test.runs->on_output({.number = 1, .files = {}, .chunk = R"("y")"});
  test.runs->on_log({.number = 1, .source = log_source::err, .text = "warning\n"});
  test.runs->on_metric({.number = 1, .mode = metric_mode::replace, .name = "m", .value = "2"});
  test.runs->on_done(worker_socket::data, {.number = 1, .files = {}, .rest = {}});
  auto& end = *test.ends.at("a");
  CHECK(end.output.json.str() == R"("x","y")");
  CHECK(end.logs.str() == R"(warning\n)");
  CHECK(end.metrics == R"("m":2)");
}

TEST_CASE("run_list: what comes through the pipes belongs to the one that runs") {
  run_list_fixture test;
  CHECK_FALSE(test.runs->on_printed(log_source::out, "before"));
  test.add("a");
  test.add("b");
  CHECK(test.runs->on_printed(log_source::out, "of a"));
  test.done(1);
  CHECK(test.runs->on_printed(log_source::out, "of b"));
  test.done(2);
  CHECK(test.ends.at("a")->logs.str() == "of a");
  CHECK(test.ends.at("b")->logs.str() == "of b");
}

TEST_CASE("run_list: output that does not fit into memory stops the model, and the prediction fails") {
  run_list_fixture test;
  test.account = std::make_shared<memory_account>(1);
  test.add("a");
  test.take_heard();
  test.runs->on_output({.number = 1, .files = {}, .chunk = "1"});
  test.runs->on_output({.number = 1, .files = {}, .chunk = "2"});
  CHECK(test.take_heard() == heard_list{"cancel 1"});
  test.done(1, done_status::canceled, "");
  CHECK(test.ends.at("a")->error.starts_with("The output does not fit into memory: "));
  CHECK(test.ends.at("a")->error.ends_with("may hold 7 bytes (COG_MAX_OUTPUT_MEMORY)"));
}

TEST_CASE("run_list: so does a metric, and a result that does not fit ends as failed at once") {
  run_list_fixture test;
  test.account = std::make_shared<memory_account>(1);
  test.add("a");
  test.take_heard();
  test.runs->on_metric({.number = 1, .name = "m", .value = "1"});
  CHECK(test.take_heard() == heard_list{"cancel 1"});
  test.done(1);
  CHECK(test.status_of("a") == prediction_status::failed);
  test.add("b");
  test.take_heard();
  test.done(2);
  CHECK(test.take_heard() == heard_list{"read pipes", "retired b failed", "answer b"});
}

TEST_CASE("run_list: a death takes what runs, and names its cause") {
  run_list_fixture test{true};
  test.add("a");
  test.add("b");
  test.take_heard();
  test.runs->process_ended("Worker crashed: exit code 1");
  CHECK(test.take_heard() == heard_list{"retired b failed", "answer b", "retired a failed", "answer a"});
  CHECK(test.ends.at("a")->error == "Worker crashed: exit code 1");
}

TEST_CASE("run_list: a death stops the making of input files") {
  run_list_fixture test;
  test.add("a", true);
  test.runs->process_ended("gone");
  CHECK(test.take_heard() == heard_list{"stop input a", "retired a failed", "answer a"});
}

TEST_CASE("run_list: what was never begun is given back, the last first, and what has begun stays") {
  run_list_fixture test;
  test.add("a");
  test.add("b");
  test.add("c");
  test.take_heard();
  test.runs->give_back_unbegun();
  CHECK(test.take_heard() == heard_list{"retired c unbegun", "give back c", "retired b unbegun", "give back b"});
  CHECK(test.runs->find("b") == nullptr);
  test.runs->process_ended("gone");
  CHECK(test.take_heard() == heard_list{"retired a failed", "answer a"});
}

TEST_CASE("run_list: what an async model was sent has begun, so none of it is given back") {
  run_list_fixture test{true};
  test.add("a");
  test.add("b");
  test.take_heard();
  test.runs->give_back_unbegun();
  CHECK(test.heard.empty());
}

TEST_CASE("run_list: after a give-back the process may still end the one it runs") {
  run_list_fixture test;
  test.add("a");
  test.add("b");
  test.runs->give_back_unbegun();
  CHECK(test.done(1));
  CHECK(test.status_of("a") == prediction_status::succeeded);
}

TEST_CASE("run_list: nothing is sent to a process that has ended") {
  run_list_fixture test;
  auto first = test.add("a", true);
  auto second = test.add("b");
  test.runs->process_ended("gone");
  CHECK(test.take_heard() ==
        heard_list{"retired b failed", "answer b", "stop input a", "retired a failed", "answer a"});
  test.runs->on_input(first, std::make_shared<prepared_input>());
  CHECK_FALSE(test.runs->cancel(second));
  CHECK(test.heard.empty());
}

TEST_CASE("run_list: the end of one tells whether it had begun, and how long it took") {
  run_list_fixture test;
  test.add("a");
  auto second = test.add("b");
  test.runs->cancel(second);
  CHECK_FALSE(test.done_unbegun(2));
  CHECK(test.runs->last_took().count() == 0);
  CHECK(test.done(1));
  CHECK(test.runs->last_took().count() == test.ends.at("a")->predict_time);
}

TEST_CASE("run_list: one is single only while no other is in the process") {
  run_list_fixture test;
  CHECK_FALSE(test.runs->is_single());
  test.add("a");
  CHECK(test.runs->is_single());
  test.add("b");
  CHECK_FALSE(test.runs->is_single());
  test.done(1);
  CHECK(test.runs->is_single());
}

TEST_CASE("run_list: an event stream hears of the end after the slots and before the answer") {
  run_list_fixture test;
  auto prediction = std::make_unique<fake_prediction>(test.make_request("a"), nullptr, test.heard, test.ends);
  prediction->events.follow({1, [&](const event_ptr& event) {
                               if (event->what == prediction_event::kind::completed)
                                 test.heard.emplace_back("told its end");
                             }});
  test.runs->add(std::move(prediction));
  test.take_heard();
  test.done(1);
  CHECK(test.take_heard() == heard_list{"read pipes", "retired a succeeded", "told its end", "answer a"});
}

TEST_CASE("run_list: nothing is left when the server ends") {
  run_list_fixture test;
  test.settings.predict_timeout = real_seconds{5};
  test.make();
  test.add("a");
  test.add("b");
  test.runs->clear("The server has ended");
  CHECK(test.ends.at("a")->error == "The server has ended");
  CHECK(test.ends.at("b")->error == "The server has ended");
  CHECK(test.time.due == alarm::clock::time_point::max());
}
