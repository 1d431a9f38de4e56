#include "room_support.hpp"

// The deadline of a prediction that a worker has, at every point of its way.

using namespace cog;
using namespace std::chrono_literals;

namespace {

const std::string while_it_ran = "Deadline of 1.5 s passed while it ran";
const std::string before_it_ran = "Deadline of 1.5 s passed before it ran";

}   // namespace

TEST_CASE("deadline: while it runs the model is told, and it ends canceled, with the reason") {
  run_list_fixture test;
  test.add_urgent("a", 1500ms);
  test.take_heard();
  test.advance(1499ms);
  CHECK(test.heard.empty());
  test.advance(1ms);
  CHECK(test.take_heard() == heard_list{"cancel 1"});
  test.done(1, done_status::canceled, "");
  CHECK(test.status_of("a") == prediction_status::canceled);
  CHECK(test.ends.at("a")->error == while_it_ran);
  CHECK_FALSE(test.ends.at("a")->too_late);
}

TEST_CASE("deadline: whatever the model makes of it, it was too late") {
  for (auto status : {done_status::succeeded, done_status::failed, done_status::canceled}) {
    run_list_fixture test;
    test.add_urgent("a", 1500ms);
    test.advance(2s);
    test.done(1, status, "1");
    CHECK(test.status_of("a") == prediction_status::canceled);
    CHECK(test.ends.at("a")->error == while_it_ran);
  }
}

TEST_CASE("deadline: what has ended before has nothing to fear") {
  run_list_fixture test;
  test.add_urgent("a", 1500ms);
  test.done(1);
  test.take_heard();
  test.advance(1h);
  CHECK(test.heard.empty());
  CHECK(test.status_of("a") == prediction_status::succeeded);
}

TEST_CASE("deadline: a synchronous model that ignores it costs its process") {
  run_list_fixture test;
  test.add_urgent("a", 1500ms);
  test.advance(1500ms);
  test.take_heard();
  test.advance(10s);
  CHECK(test.take_heard() ==
        heard_list{"end process: the model did not end within 10 seconds after a cancel (COG_CANCEL_TIMEOUT)"});
  test.runs->process_ended("gone");
  CHECK(test.ends.at("a")->error == while_it_ran);
}

TEST_CASE("deadline: while its files are made it ends at once, and never ran") {
  run_list_fixture test;
  test.add_urgent("a", 1500ms, true);
  test.add("b");
  test.take_heard();
  test.advance(1500ms);
  CHECK(test.take_heard() == heard_list{"stop input a", R"(run 1 {"of":"b"})", "retired a canceled", "answer a"});
  CHECK(test.ends.at("a")->error == before_it_ran);
  CHECK(test.ends.at("a")->too_late);
}

TEST_CASE("deadline: one that was sent ahead and is not begun ends when the process says so") {
  run_list_fixture test;
  test.add("a");
  test.add_urgent("b", 1500ms);
  test.take_heard();
  test.advance(1500ms);
  CHECK(test.take_heard() == heard_list{"cancel 2"});
  CHECK_FALSE(test.done_unbegun(2));
  CHECK(test.ends.at("b")->error == before_it_ran);
  CHECK(test.ends.at("b")->too_late);
  CHECK(test.runs->find("a") != nullptr);
}

TEST_CASE("deadline: one that was sent ahead and begins all the same has the time of every cancel to end") {
  run_list_fixture test;
  test.add("a");
  test.add_urgent("b", 1500ms);
  test.advance(2s);
  test.done(1);
  test.take_heard();
  test.advance(10s);
  CHECK(test.take_heard().size() == 1);   // the process is ended
  test.runs->process_ended("gone");
  CHECK(test.ends.at("b")->error == while_it_ran);
}

TEST_CASE("deadline: one whose time is over is not given back") {
  run_list_fixture test;
  test.add("a");
  test.add_urgent("b", 1500ms);
  test.advance(2s);
  test.take_heard();
  test.runs->give_back_unbegun();
  CHECK(test.heard.empty());
  test.runs->process_ended("gone");
  CHECK(test.ends.at("b")->error == before_it_ran);
}

TEST_CASE("deadline: of an async task leaves the others alone") {
  run_list_fixture test{true};
  test.add_urgent("a", 1500ms);
  test.add("b");
  test.take_heard();
  test.advance(1500ms);
  CHECK(test.take_heard() == heard_list{"cancel 1", "ping 1"});
  test.done(1, done_status::canceled, "");
  CHECK(test.ends.at("a")->error == while_it_ran);
  CHECK(test.runs->find("b") != nullptr);
}

TEST_CASE("deadline: a cancel before it is what counts, one after it changes nothing") {
  run_list_fixture test;
  auto request = test.add_urgent("a", 1500ms);
  SUBCASE("before") {
    test.runs->cancel(request);
    test.advance(2s);
    test.done(1, done_status::canceled, "");
    CHECK(test.ends.at("a")->error.empty());
  }
  SUBCASE("after") {
    test.advance(2s);
    test.take_heard();
    CHECK(test.runs->cancel(request));
    CHECK(test.heard.empty());
    test.done(1, done_status::canceled, "");
    CHECK(test.ends.at("a")->error == while_it_ran);
  }
}

TEST_CASE("deadline: of it and COG_PREDICT_TIMEOUT the first to pass counts") {
  run_list_fixture test;
  test.settings.predict_timeout = real_seconds{1};
  test.make();
  test.add_urgent("a", 1500ms);
  test.advance(3s);
  test.done(1, done_status::canceled, "");
  CHECK(test.status_of("a") == prediction_status::failed);
  test.settings.predict_timeout = real_seconds{2};
  test.make();
  test.add_urgent("b", 1500ms);
  test.advance(3s);
  test.done(1, done_status::canceled, "");
  CHECK(test.ends.at("b")->error == while_it_ran);
}

TEST_CASE("deadline: the state shows it") {
  run_list_fixture test;
  auto request = test.add_urgent("a", 1500ms);
  CHECK(test.runs->find("a")->snapshot(nullptr)->deadline == request->deadline_time());
  test.add("b");
  CHECK(test.runs->find("b")->snapshot(nullptr)->deadline == std::chrono::system_clock::time_point{});
}

TEST_CASE("deadline: passes while files are uploaded, too, but COG_PREDICT_TIMEOUT does not") {
  run_list_fixture test;
  test.settings.uploads = true;
  test.settings.predict_timeout = real_seconds{1};
  test.make();
  test.add_urgent("a", 1500ms);
  auto file = test.make_file(1, 0, {0, 2});
  test.runs->on_done(
    worker_socket::data,
    {.number = 1, .status = done_status::succeeded, .shape = done_shape::value, .files = {file}, .rest = R"("")"});
  CHECK(test.owner.uploads.size() == 1);
  test.take_heard();
  test.advance(1400ms);
  CHECK(test.heard.empty());
  test.advance(100ms);
  CHECK(test.status_of("a") == prediction_status::canceled);
  CHECK(test.ends.at("a")->error == while_it_ran);
}
