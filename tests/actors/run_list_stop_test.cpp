#include "room_support.hpp"

// Cancels and time-outs, at every point of a prediction's way.

using namespace cog;
using namespace std::chrono_literals;

namespace {

const heard_list ended_process{
  "end process: the model did not end within 10 seconds after a cancel (COG_CANCEL_TIMEOUT)"};

}   // namespace

TEST_CASE("cancel: of what is not there is somebody else's") {
  run_list_fixture test;
  CHECK_FALSE(test.runs->cancel(test.make_request("a")));
  auto request = test.add("a");
  CHECK_FALSE(test.runs->cancel(test.make_request("a")));   // another request of the same id
  test.done(1);
  CHECK_FALSE(test.runs->cancel(request));
}

TEST_CASE("cancel: while its files are made it ends at once, and the next begins") {
  run_list_fixture test;
  auto request = test.add("a", true);
  test.add("b");
  CHECK(test.runs->cancel(request));
  CHECK(test.take_heard() == heard_list{"stop input a", R"(run 1 {"of":"b"})", "retired a canceled", "answer a"});
  CHECK(test.runs->find("b")->begun);
}

TEST_CASE("cancel: while it runs the model is told, and its end counts") {
  run_list_fixture test;
  auto request = test.add("a");
  test.take_heard();
  CHECK(test.runs->cancel(request));
  CHECK(test.take_heard() == heard_list{"cancel 1"});
  CHECK(test.done(1, done_status::canceled, ""));
  CHECK(test.take_heard() == heard_list{"read pipes", "retired a canceled", "answer a"});
  test.advance(1h);
  CHECK(test.heard.empty());
}

TEST_CASE("cancel: whatever the model makes of it, the status is canceled") {
  for (auto status : {done_status::succeeded, done_status::failed, done_status::canceled}) {
    run_list_fixture test;
    test.runs->cancel(test.add("a"));
    test.done(1, status, "1");
    CHECK(test.status_of("a") == prediction_status::canceled);
    CHECK(test.ends.at("a")->error == "");
  }
}

TEST_CASE("cancel: the second changes nothing") {
  run_list_fixture test;
  auto request = test.add("a");
  test.runs->cancel(request);
  test.take_heard();
  auto due = test.time.due;
  test.advance(1s);
  CHECK(test.runs->cancel(request));
  CHECK(test.heard.empty());
  CHECK(test.time.due == due);
}

TEST_CASE("cancel: one that was sent ahead and is not begun ends when the process says so") {
  run_list_fixture test;
  test.add("a");
  auto second = test.add("b");
  test.take_heard();
  test.runs->cancel(second);
  CHECK(test.take_heard() == heard_list{"cancel 2"});
  CHECK_FALSE(test.done_unbegun(2));
  CHECK(test.status_of("b") == prediction_status::canceled);
  CHECK(test.runs->find("a") != nullptr);
}

TEST_CASE("cancel: the process says it once more in its turn, which is no mistake, but a third time is") {
  run_list_fixture test;
  test.add("a");
  test.runs->cancel(test.add("b"));
  test.done_unbegun(2);
  test.done(1);
  test.take_heard();
  test.done(2, done_status::canceled, "");
  CHECK(test.heard.empty());
  test.done(2, done_status::canceled, "");
  CHECK(test.take_heard() == heard_list{"reject: a frame (done) of prediction 2, which does not run"});
}

TEST_CASE("cancel: the answer on the control socket may be overtaken by the one in its turn") {
  run_list_fixture test;
  test.add("a");
  test.runs->cancel(test.add("b"));
  test.done(1);
  test.done(2, done_status::canceled, "");
  test.take_heard();
  CHECK_FALSE(test.done_unbegun(2));
  CHECK(test.heard.empty());
}

TEST_CASE("cancel: one that was sent ahead has the whole time from its begin on") {
  run_list_fixture test;
  test.add("a");
  test.runs->cancel(test.add("b"));
  test.advance(1h);   // the process is busy with the first
  test.done(1);
  test.take_heard();
  test.advance(9s);
  CHECK(test.heard.empty());
  test.advance(1s);
  CHECK(test.take_heard() == ended_process);
}

TEST_CASE("cancel: a done frame on the control socket of what was not cancelled breaks the protocol") {
  run_list_fixture test;
  test.add("a");
  test.take_heard();
  const heard_list rejected{"reject: a done frame of prediction 1 on the control socket, which was not cancelled"};
  test.done_unbegun(1);
  CHECK(test.take_heard() == rejected);
  CHECK(test.runs->find("a") != nullptr);
  test.done_unbegun(5);   // was never sent
  CHECK(test.take_heard() ==
        heard_list{"reject: a done frame of prediction 5 on the control socket, which was not cancelled"});
}

TEST_CASE("cancel: a done frame on the control socket says canceled or breaks the protocol") {
  run_list_fixture test;
  test.add("a");
  test.runs->cancel(test.add("b"));
  test.take_heard();
  test.runs->on_done(worker_socket::control, {.number = 2, .status = done_status::succeeded, .files = {}, .rest = {}});
  CHECK(test.take_heard() ==
        heard_list{"reject: a done frame of prediction 2 on the control socket, which was not cancelled"});
}

TEST_CASE("cancel: a synchronous model that ignores it costs its process, and the status is canceled") {
  run_list_fixture test;
  test.runs->cancel(test.add("a"));
  test.add("b");
  test.take_heard();
  test.advance(10s);
  CHECK(test.take_heard() == ended_process);
  test.advance(1h);   // once is enough
  CHECK(test.heard.empty());
  test.runs->give_back_unbegun();
  test.runs->process_ended("gone");
  CHECK(test.take_heard() == heard_list{"retired b unbegun", "give back b", "retired a canceled", "answer a"});
}

TEST_CASE("cancel: between a death and what follows from it the status is canceled") {
  run_list_fixture test;
  test.runs->cancel(test.add("a"));
  test.runs->process_ended("Worker crashed");
  CHECK(test.status_of("a") == prediction_status::canceled);
}

TEST_CASE("cancel: one that was sent ahead and cancelled is not given back") {
  run_list_fixture test;
  test.add("a");
  test.runs->cancel(test.add("b"));
  test.take_heard();
  test.runs->give_back_unbegun();
  CHECK(test.heard.empty());
  test.runs->process_ended("gone");
  CHECK(test.take_heard() == heard_list{"retired b canceled", "answer b", "retired a failed", "answer a"});
}

TEST_CASE("cancel: after a give-back it is somebody else's") {
  run_list_fixture test;
  test.add("a");
  auto second = test.add("b");
  test.runs->give_back_unbegun();
  CHECK_FALSE(test.runs->cancel(second));
}

TEST_CASE("cancel: an async task that ends in time leaves the others alone") {
  run_list_fixture test{true};
  auto request = test.add("a");
  test.add("b");
  test.take_heard();
  test.runs->cancel(request);
  CHECK(test.take_heard() == heard_list{"cancel 1", "ping 1"});
  test.done(1, done_status::canceled, "");
  CHECK(test.status_of("a") == prediction_status::canceled);
  test.take_heard();
  test.advance(1h);
  CHECK(test.heard.empty());
  CHECK(test.runs->find("b") != nullptr);
}

TEST_CASE(
  "cancel: an async task that ignores it is abandoned when its loop has answered, and what it says is nothing") {
  run_list_fixture test{true};
  test.runs->cancel(test.add("a"));
  test.add("b");
  CHECK(test.runs->on_pong(1));
  test.take_heard();
  test.advance(10s);
  CHECK(test.take_heard() == heard_list{"retired a canceled", "answer a"});
  test.runs->on_output({.number = 1, .files = {}, .chunk = "1"});
  test.runs->on_log({.number = 1, .text = "late"});
  test.runs->on_metric({.number = 1, .name = "m", .value = "1"});
  CHECK_FALSE(test.done(1));
  CHECK(test.heard.empty());
  CHECK(test.runs->find("b") != nullptr);
}

TEST_CASE("cancel: an async loop that does not answer costs the process, and the others fail") {
  run_list_fixture test{true};
  test.runs->cancel(test.add("a"));
  test.add("b");
  test.take_heard();
  test.advance(10s);
  CHECK(test.take_heard() == heard_list{"end process: Worker ended: its event loop was blocked for 10 seconds"});
  test.runs->process_ended("Worker ended: its event loop was blocked for 10 seconds");
  CHECK(test.status_of("a") == prediction_status::canceled);
  CHECK(test.ends.at("b")->error == "Worker ended: its event loop was blocked for 10 seconds");
}

TEST_CASE("cancel: the answer to an earlier ping does not count for a later one") {
  run_list_fixture test{true};
  test.runs->cancel(test.add("a"));
  CHECK(test.runs->on_pong(1));
  test.done(1, done_status::canceled, "");
  test.runs->cancel(test.add("b"));
  test.take_heard();
  test.advance(10s);
  CHECK(test.take_heard() == heard_list{"end process: Worker ended: its event loop was blocked for 10 seconds"});
}

TEST_CASE("cancel: a pong to what was never asked is a mistake") {
  run_list_fixture test{true};
  CHECK_FALSE(test.runs->on_pong(1));
  test.runs->cancel(test.add("a"));
  CHECK(test.runs->on_pong(1));
  CHECK_FALSE(test.runs->on_pong(2));
}

TEST_CASE("time-out: counts from the begin, stops the model, and the prediction fails") {
  run_list_fixture test;
  test.settings.predict_timeout = real_seconds{5};
  test.make();
  test.add("a");
  test.add("b");
  test.take_heard();
  test.advance(4s);
  CHECK(test.heard.empty());
  test.advance(1s);
  CHECK(test.take_heard() == heard_list{"cancel 1"});
  test.done(1, done_status::canceled, "");
  CHECK(test.status_of("a") == prediction_status::failed);
  CHECK(test.ends.at("a")->error == "Prediction timed out after 5 seconds (COG_PREDICT_TIMEOUT)");
  test.take_heard();
  test.advance(4s);
  CHECK(test.heard.empty());
  test.advance(1s);
  CHECK(test.take_heard() == heard_list{"cancel 2"});
}

TEST_CASE("time-out: a model that ignores it costs its process") {
  run_list_fixture test;
  test.settings.predict_timeout = real_seconds{5};
  test.make();
  test.add("a");
  test.advance(5s);
  test.take_heard();
  test.advance(10s);
  CHECK(test.take_heard() == ended_process);
  test.runs->process_ended("gone");
  CHECK(test.ends.at("a")->error == "Prediction timed out after 5 seconds (COG_PREDICT_TIMEOUT)");
}

TEST_CASE("time-out: counts while files are made, too") {
  run_list_fixture test;
  test.settings.predict_timeout = real_seconds{5};
  test.make();
  test.add("a", true);
  test.advance(5s);
  CHECK(test.take_heard() == heard_list{"stop input a", "retired a failed", "answer a"});
}

TEST_CASE("time-out: a cancel after it does not prolong it, and makes the status canceled") {
  run_list_fixture test;
  test.settings.predict_timeout = real_seconds{5};
  test.make();
  auto request = test.add("a");
  test.advance(5s);
  test.take_heard();
  test.advance(9s);
  test.runs->cancel(request);
  CHECK(test.heard.empty());
  test.advance(1s);
  CHECK(test.take_heard() == ended_process);
  test.runs->process_ended("gone");
  CHECK(test.status_of("a") == prediction_status::canceled);
}

TEST_CASE("time-out: a cancel before it is what counts") {
  run_list_fixture test;
  test.settings.predict_timeout = real_seconds{5};
  test.make();
  test.runs->cancel(test.add("a"));
  test.take_heard();
  test.advance(5s);
  CHECK(test.heard.empty());
  test.done(1);
  CHECK(test.status_of("a") == prediction_status::canceled);
}

TEST_CASE("time-out: several may pass at once") {
  run_list_fixture test{true};
  test.settings.predict_timeout = real_seconds{5};
  test.make(true);
  test.add("a");
  test.advance(1s);
  test.add("b");
  test.take_heard();
  test.advance(5s);
  CHECK(test.take_heard() == heard_list{"cancel 1", "ping 1", "cancel 2", "ping 2"});
}

TEST_CASE("time-out: an alarm set for what has ended disturbs nobody") {
  run_list_fixture test;
  test.settings.predict_timeout = real_seconds{5};
  test.make();
  test.add("a");
  test.advance(4s);
  test.done(1);
  test.add("b");
  test.take_heard();
  test.advance(1s);
  CHECK(test.heard.empty());
  test.advance(4s);
  CHECK(test.take_heard() == heard_list{"cancel 2"});
}

TEST_CASE("stop_all: what has begun is cancelled and says why, what has not is given back") {
  run_list_fixture test;
  test.add("a");
  test.add("b");
  test.add("c", true);
  test.take_heard();
  test.runs->stop_all("others take over");
  CHECK(test.take_heard() ==
        heard_list{"retired c unbegun", "give back c", "cancel 2", "retired b unbegun", "give back b", "cancel 1"});
  CHECK_FALSE(test.done_unbegun(2));   // the process leaves it out
  CHECK(test.done(1, done_status::canceled, ""));
  CHECK(test.ends.at("a")->status == prediction_status::canceled);
  CHECK(test.ends.at("a")->error == "others take over");
  CHECK_FALSE(test.done(2, done_status::canceled, ""));
  for (auto& line : test.heard)
    CHECK_FALSE(line.starts_with("reject"));
}

TEST_CASE("stop_all: one that its client has cancelled has no other reason") {
  run_list_fixture test;
  test.runs->cancel(test.add("a"));
  test.take_heard();
  test.runs->stop_all("others take over");
  CHECK(test.heard.empty());
  test.done(1, done_status::canceled, "");
  CHECK(test.ends.at("a")->error == "");
}

TEST_CASE("stop_all: of an asynchronous model all are cancelled") {
  run_list_fixture test{true};
  test.add("a");
  test.add("b", true);
  test.runs->stop_all("others take over");
  CHECK(test.ends.at("b")->error == "others take over");
  test.done(1, done_status::canceled, "");
  CHECK(test.ends.at("a")->error == "others take over");
}
