#include "room_support.hpp"

// Output files: kept, or uploaded in the order of the model.

using namespace cog;

namespace {

struct upload_fixture : run_list_fixture {
  upload_fixture() {
    settings.uploads = true;
    make();
  }

  /// A chunk whose whole text is the placeholder of a file.
  void chunk_with_file(uint64_t number, uint64_t place) {
    runs->on_output({.number = number, .files = {make_file(number, place)}, .chunk = R"("f")"});
  }
  void chunk(uint64_t number, std::string_view json) {
    runs->on_output({.number = number, .files = {}, .chunk = json});
  }
  void done_with_chunks(uint64_t number) {
    runs->on_done(worker_socket::data, {.number = number, .files = {}, .rest = {}});
  }
  void done_with_file(uint64_t number, uint64_t place) {
    runs->on_done(
      worker_socket::data,
      {.number = number, .shape = done_shape::value, .files = {make_file(number, place)}, .rest = R"("f")"});
  }

  void uploaded(size_t which, const std::string& url) {
    auto asked = owner.uploads.at(which);
    runs->on_uploaded(asked.request, asked.output, asked.file, url);
  }
  void upload_failed(size_t which) {
    auto asked = owner.uploads.at(which);
    runs->on_upload_failed(asked.request, asked.output, asked.file, "500");
  }
};

}   // namespace

TEST_CASE("output files: without uploads they are kept with the result, and measured") {
  run_list_fixture test;
  test.add("a");
  test.runs->on_done(worker_socket::data,
                     {.number = 1, .shape = done_shape::value, .files = {test.make_file(1, 0)}, .rest = R"("f")"});
  auto end = test.ends.at("a");
  REQUIRE(end->output.files.size() == 1);
  CHECK(end->output.files[0].size == 7);
  CHECK(test.removed.empty());
  end = nullptr;
  test.ends.clear();
  CHECK(test.removed == heard_list{"process/1"});
}

TEST_CASE("output files: one that has vanished fails the prediction at its end") {
  run_list_fixture test;
  test.add("a");
  auto file = test.make_file(1, 0);
  file.path += "-elsewhere";
  test.runs->on_done(worker_socket::data, {.number = 1, .shape = done_shape::value, .files = {file}, .rest = R"("f")"});
  CHECK(test.ends.at("a")->error == "An output file has vanished");
}

TEST_CASE("output files: a chunk whose file has vanished is left out") {
  run_list_fixture test;
  test.add("a");
  auto file = test.make_file(1, 0);
  file.path += "-elsewhere";
  test.runs->on_output({.number = 1, .files = {file}, .chunk = R"("f")"});
  test.runs->on_output({.number = 1, .files = {}, .chunk = "2"});
  test.runs->on_done(worker_socket::data, {.number = 1, .files = {}, .rest = {}});
  CHECK(test.ends.at("a")->output.json.str() == "2");
}

TEST_CASE("output files: what a failed prediction has left goes with it") {
  run_list_fixture test;
  test.add("a");
  test.make_file(1, 0);
  test.done(1, done_status::failed, "no");
  CHECK(test.removed == heard_list{"process/1"});
}

TEST_CASE("output files: of one that fails, those of its chunks are kept and strays behind them go") {
  run_list_fixture test;
  test.add("a");
  test.runs->on_output({.number = 1, .files = {test.make_file(1, 0)}, .chunk = R"("f")"});
  test.make_file(1, 1);
  test.make_file(1, 2);
  test.done(1, done_status::failed, "no");
  CHECK(test.removed == heard_list{"process/1/1", "process/1/2"});
  CHECK(test.ends.at("a")->output.files.size() == 1);
}

TEST_CASE("output files: what a task without a slot has left goes with its done frame") {
  run_list_fixture test{true};
  test.runs->cancel(test.add("a"));
  test.runs->on_pong(1);
  test.advance(std::chrono::seconds{10});
  test.removed.clear();
  test.make_file(1, 0);
  test.done(1);
  CHECK(test.removed == heard_list{"process/1"});
}

TEST_CASE("output files: the folder of a process goes after those of its predictions") {
  run_list_fixture test;
  test.add("a");
  test.runs->on_output({.number = 1, .files = {test.make_file(1, 0)}, .chunk = R"("f")"});
  test.runs->process_ended("gone");
  CHECK(test.removed.empty());
  test.ends.clear();
  CHECK(test.removed == heard_list{"process/1", "process"});
}

TEST_CASE("uploads: the slot is free before the end, and both before the answer") {
  upload_fixture test;
  test.add("a");
  test.add("b");
  test.take_heard();
  test.done_with_file(1, 0);
  CHECK(test.take_heard() == heard_list{"read pipes", "released a"});
  CHECK(test.runs->find("a") != nullptr);
  CHECK(test.runs->find("b")->begun);
  test.uploaded(0, "https://files/0");
  CHECK(test.take_heard() == heard_list{"retired a succeeded", "answer a"});
  CHECK(test.ends.at("a")->output.json.str() == R"("https://files/0")");
}

TEST_CASE("uploads: chunks are told in the order of the model, whichever upload is faster") {
  upload_fixture test;
  test.add("a");
  test.chunk_with_file(1, 0);
  test.chunk_with_file(1, 1);
  test.chunk(1, "3");
  test.uploaded(1, "second");
  CHECK(test.runs->find("a")->output.json.str() == "");
  test.uploaded(0, "first");
  CHECK(test.runs->find("a")->output.json.str() == R"("first","second",3)");
}

TEST_CASE("uploads: a chunk with several files waits for all of them") {
  upload_fixture test;
  test.add("a");
  test.runs->on_output(
    {.number = 1, .files = {test.make_file(1, 0, {1, 3}), test.make_file(1, 1, {5, 3})}, .chunk = R"(["x","y"])"});
  test.uploaded(1, "two");
  CHECK(test.runs->find("a")->output.json.str() == "");
  test.uploaded(0, "one");
  CHECK(test.runs->find("a")->output.json.str() == R"(["one","two"])");
}

TEST_CASE("uploads: the end waits behind the last chunk, without its slot") {
  upload_fixture test;
  test.add("a");
  test.chunk_with_file(1, 0);
  test.take_heard();
  test.done_with_chunks(1);
  CHECK(test.take_heard() == heard_list{"read pipes", "released a"});
  test.uploaded(0, "url");
  CHECK(test.status_of("a") == prediction_status::succeeded);
  CHECK(test.ends.at("a")->output.json.str() == R"("url")");
}

TEST_CASE("uploads: without files nothing waits") {
  upload_fixture test;
  test.add("a");
  test.take_heard();
  test.done(1);
  CHECK(test.take_heard() == heard_list{"read pipes", "retired a succeeded", "answer a"});
}

TEST_CASE("uploads: a chunk whose upload has failed is left out, and the end is failed") {
  upload_fixture test;
  test.add("a");
  test.chunk_with_file(1, 0);
  test.chunk(1, "2");
  test.upload_failed(0);
  CHECK(test.runs->find("a")->output.json.str() == "2");
  test.take_heard();
  test.done_with_chunks(1);
  CHECK(test.take_heard() == heard_list{"read pipes", "retired a failed", "answer a"});
  CHECK(test.ends.at("a")->error == "Failed to upload output: 500");
}

TEST_CASE("uploads: one that fails after the model's end ends the prediction, and the others are given up") {
  upload_fixture test;
  test.add("a");
  test.chunk_with_file(1, 0);
  test.done_with_file(1, 1);
  test.take_heard();
  test.upload_failed(1);
  CHECK(test.take_heard() == heard_list{"stop uploads " + (test.folder / "process/1"), "retired a failed", "answer a"});
  test.uploaded(0, "late");
  CHECK(test.heard.empty());
}

TEST_CASE("uploads: a cancel while it runs gives them up at its end") {
  upload_fixture test;
  auto request = test.add("a");
  test.chunk_with_file(1, 0);
  test.runs->cancel(request);
  test.take_heard();
  test.done(1, done_status::canceled, "");
  CHECK(test.take_heard() ==
        heard_list{"read pipes", "stop uploads " + (test.folder / "process/1"), "retired a canceled", "answer a"});
}

TEST_CASE("uploads: a cancel after the model's end gives them up at once, and the process hears nothing") {
  upload_fixture test;
  auto request = test.add("a");
  test.done_with_file(1, 0);
  test.take_heard();
  CHECK(test.runs->cancel(request));
  CHECK(test.take_heard() ==
        heard_list{"stop uploads " + (test.folder / "process/1"), "retired a canceled", "answer a"});
  test.uploaded(0, "late");
  CHECK(test.heard.empty());
}

TEST_CASE("uploads: a time-out does not concern what the model is done with") {
  upload_fixture test;
  test.settings.predict_timeout = real_seconds{5};
  test.make();
  test.add("a");
  test.done_with_file(1, 0);
  test.take_heard();
  test.advance(std::chrono::seconds{5});
  CHECK(test.heard.empty());
}

TEST_CASE("uploads: they go on when the process has died, also beside another one") {
  upload_fixture test;
  test.add("a");
  test.done_with_file(1, 0);
  test.runs->process_ended("gone");
  CHECK(test.runs->find("a") != nullptr);
  test.start_process();
  test.add("b");
  test.uploaded(0, "url");
  CHECK(test.ends.at("a")->output.json.str() == R"("url")");
  CHECK(test.runs->find("b") != nullptr);
}

TEST_CASE("uploads: one that fails when the process has died fails its prediction alone") {
  upload_fixture test;
  test.add("a");
  test.done_with_file(1, 0);
  test.runs->process_ended("gone");
  test.upload_failed(0);
  CHECK(test.ends.at("a")->error == "Failed to upload output: 500");
}

TEST_CASE("uploads: nothing waits for them when the server ends") {
  upload_fixture test;
  test.add("a");
  test.done_with_file(1, 0);
  test.runs->clear("The server has ended");
  CHECK(test.ends.at("a")->error == "The server has ended");
}

TEST_CASE("uploads: a chunk that does not fit into memory ends one that the model is done with") {
  upload_fixture test;
  test.account = std::make_shared<memory_account>(1);
  test.add("a");
  test.chunk_with_file(1, 0);
  test.chunk(1, "2");
  test.done_with_chunks(1);
  test.uploaded(0, "url");
  CHECK(test.ends.at("a")->error.starts_with("The output does not fit into memory: "));
}
