#include "http/sse.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

std::string text_of(const prediction_event& event) {
  auto pieces = sse_text(event);
  REQUIRE(pieces.size() == 1);
  return std::get<std::string>(pieces[0]);
}

}   // namespace

TEST_CASE("sse: start") {
  prediction_event event;
  event.name = "a\"b";
  CHECK(text_of(event) == "event: start\ndata: {\"id\":\"a\\\"b\",\"status\":\"processing\"}\n\n");
}

TEST_CASE("sse: an output chunk is written as it came") {
  prediction_event event;
  event.what = prediction_event::kind::output;
  event.index = 7;
  event.text = make_slice(R"({"a":[1,2]})");
  CHECK(text_of(event) == "event: output\ndata: {\"chunk\":{\"a\":[1,2]},\"index\":7}\n\n");
}

TEST_CASE("sse: files in a chunk are pieces of their own") {
  prediction_event event;
  event.what = prediction_event::kind::output;
  event.text = make_slice(R"(["","x",""])");
  event.files = {{{1, 2}, "one", "image/png", 3}, {{8, 2}, "two", "text/plain", 4}};
  auto pieces = sse_text(event);
  REQUIRE(pieces.size() == 5);
  CHECK(std::get<std::string>(pieces[0]) == "event: output\ndata: {\"chunk\":[");
  CHECK(std::get<output_file>(pieces[1]).path == "one");
  CHECK(std::get<std::string>(pieces[2]) == R"(,"x",)");
  CHECK(std::get<output_file>(pieces[3]).path == "two");
  CHECK(std::get<std::string>(pieces[4]) == "],\"index\":0}\n\n");
}

TEST_CASE("sse: a log names its source and stays on one line") {
  prediction_event event;
  event.what = prediction_event::kind::log;
  event.text = make_slice(R"(step 1\n)");
  CHECK(text_of(event) == "event: log\ndata: {\"data\":\"step 1\\n\",\"source\":\"stdout\"}\n\n");
  event.from_stderr = true;
  CHECK(text_of(event) == "event: log\ndata: {\"data\":\"step 1\\n\",\"source\":\"stderr\"}\n\n");
}

TEST_CASE("sse: a metric tells its mode and the recorded value") {
  prediction_event event;
  event.what = prediction_event::kind::metric;
  event.name = "timing.load";
  event.text = make_slice("0.2");
  CHECK(text_of(event) == "event: metric\ndata: {\"mode\":\"replace\",\"name\":\"timing.load\",\"value\":0.2}\n\n");
  event.mode = 1;
  CHECK(text_of(event).starts_with("event: metric\ndata: {\"mode\":\"increment\","));
  event.mode = 2;
  CHECK(text_of(event).starts_with("event: metric\ndata: {\"mode\":\"append\","));
}

TEST_CASE("sse: completed is the state with what had been made") {
  auto end = std::make_shared<prediction_snapshot>();
  end->id = "p1";
  end->status = prediction_status::canceled;
  end->output.form = prediction_output::shape::chunks;
  end->output.json = R"("a")";
  end->predict_time = 0.5;
  prediction_event event;
  event.what = prediction_event::kind::completed;
  event.end = end;
  std::string text;
  for (auto& piece : sse_text(event))
    text += std::get<std::string>(piece);
  CHECK(text ==
        "event: completed\ndata: {\"id\":\"p1\",\"logs\":\"\",\"metrics\":{\"predict_time\":0.5},\"output\":[\"a\"],"
        "\"status\":\"canceled\"}\n\n");
}

TEST_CASE("sse: a gap is an error") {
  prediction_event event;
  event.what = prediction_event::kind::truncated;
  event.index = 3;
  CHECK(text_of(event) ==
        "event: error\ndata: {\"error\":\"SSE stream replay truncated; events were dropped\",\"skipped\":3}\n\n");
}

TEST_CASE("sse: a place in the queue, with the wait once it is known") {
  prediction_event event;
  event.what = prediction_event::kind::queued;
  event.place.position = 3;
  CHECK(text_of(event) == "event: queued\ndata: {\"position\":3}\n\n");
  event.place.wait_ms = 450;
  CHECK(text_of(event) == "event: queued\ndata: {\"position\":3,\"estimated_wait_ms\":450}\n\n");
}

TEST_CASE("sse: the keep-alive is a comment") {
  CHECK(sse_keep_alive == ": keep-alive\n\n");
}

TEST_CASE("sse: the head of a chunked stream, and of one that ends with its connection") {
  auto chunked = sse_head(true, true);
  CHECK(chunked.starts_with("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"));
  CHECK(chunked.find("transfer-encoding: chunked\r\n") != chunked.npos);
  CHECK(chunked.find("connection: close") == chunked.npos);
  auto plain = sse_head(false, false);
  CHECK(plain.find("transfer-encoding") == plain.npos);
  CHECK(plain.find("connection: close\r\n") != plain.npos);
  CHECK(plain.find("content-length") == plain.npos);
}

TEST_CASE("sse: the head of a chunk is its length in hex") {
  CHECK(chunk_head(255) == "ff\r\n");
  CHECK(chunk_head(uint64_t{1} << 40) == "10000000000\r\n");
}
