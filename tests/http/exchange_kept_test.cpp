#include "exchange_support.hpp"

using namespace cog;

namespace {

using kind = prediction_event::kind;

/// Made at a known time, so that its run is called `2s`.
std::shared_ptr<prediction_snapshot> make_run(prediction_status status = prediction_status::succeeded) {
  auto run = std::make_shared<prediction_snapshot>(*make_snapshot("x y", status));
  run->created = std::chrono::system_clock::time_point{std::chrono::microseconds{100}};
  run->started = run->created;
  return run;
}

/// With two files in its output.
std::shared_ptr<prediction_snapshot> make_files(prediction_status status = prediction_status::succeeded) {
  auto run = make_run(status);
  run->output.form = prediction_output::shape::value;
  run->output.json = R"(["",""])";
  run->output.files = {{{1, 2}, "/tmp/0/dog.png", "image/png", 10},
                       {{4, 2}, "/tmp/1/a \"b\" \xC3\xA9.svg", "image/svg+xml", 3}};
  return run;
}

event_ptr make_log(uint64_t position) {
  auto event = std::make_shared<prediction_event>();
  event->what = kind::log;
  event->text = make_slice("b");
  event->position = position;
  return event;
}

const std::string links = "cog-files: links\r\n";
const std::string events_path = "/predictions/x%20y/events";

struct kept_fixture : exchange_fixture {
  answer get_with(const std::string& path, const std::string& fields, const std::string& method = "GET") {
    return ask(method + " " + path + " HTTP/1.1\r\nhost: h\r\n" + fields + "\r\n");
  }
  /// The text of a stream so far.
  std::string watch(const std::string& fields = {}) { return join_chunks(get_with(events_path, fields).body); }
};

}   // namespace

TEST_CASE_FIXTURE(kept_fixture, "exchange: the events of one that is kept are told whole, with ids and times") {
  server.result = make_run();
  auto text = watch();
  CHECK(server.watched == "x y");
  CHECK(
    text ==
    "event: start\nid: 2s-1\ndata: {\"id\":\"x y\",\"status\":\"processing\"}\n\n"
    "event: output\nid: 2s-2\ndata: {\"chunk\":\"hello\",\"index\":0}\n\n"
    "event: completed\nid: 2s-end\ndata: {\"created_at\":\"1970-01-01T00:00:00.000100000+00:00\",\"id\":\"x "
    "y\",\"logs\":\"\","
    "\"metrics\":{\"predict_time\":0.0},\"output\":\"hello\",\"started_at\":\"1970-01-01T00:00:00.000100000+00:00\","
    "\"status\":\"succeeded\"}\n\n.");
  CHECK_FALSE(under_test);
}

TEST_CASE_FIXTURE(kept_fixture, "exchange: Last-Event-ID goes on after that event of that run") {
  server.result = make_run();
  auto all = watch();
  CHECK(watch("last-event-id: 2s-0\r\n") == all);
  auto after_first = watch("last-event-id: 2s-1\r\n");
  CHECK(after_first == all.substr(all.find("event: output")));
  CHECK(watch("last-event-id: 2s-2\r\n") == all.substr(all.find("event: completed")));
  for (auto id : {"2s-3", "2s-", "2s-x", "2s", "2t-1", "1", "", "2s--1"}) {
    CAPTURE(id);
    CHECK(watch("last-event-id: " + std::string{id} + "\r\n") == all);
  }
}

TEST_CASE_FIXTURE(kept_fixture, "exchange: who has heard the end is told to ask no more") {
  server.result = make_run();
  auto answer = get_with(events_path, "last-event-id: 2s-end\r\n");
  CHECK(answer.status == 204);
  CHECK_FALSE(answer.has("content-length"));
  CHECK(get("/livez").status == 200);
}

TEST_CASE_FIXTURE(kept_fixture, "exchange: events of one that runs follow what has happened, until its end") {
  server.result = make_run(prediction_status::processing);
  event_journal journal{nullptr};
  journal.add(event_journal::entry_kind::start);
  journal.add(event_journal::entry_kind::log, 1);
  auto state = make_run(prediction_status::processing);
  state->journal = journal.text();
  state->logs = "a";
  server.result = state;
  auto text = watch();
  CHECK(text.ends_with("event: log\nid: 2s-2\ndata: {\"data\":\"a\",\"source\":\"stdout\"}\n\n"));
  CHECK(text.starts_with("event: start\n"));
  CHECK(join_chunks(tell(make_log(3))) == "event: log\nid: 2s-3\ndata: {\"data\":\"b\",\"source\":\"stdout\"}\n\n");
  auto end = join_chunks(tell(make_event(kind::completed, {}, make_run(prediction_status::failed))));
  CHECK(end.starts_with("event: completed\nid: 2s-end\ndata: {"));
  CHECK_FALSE(under_test);
  CHECK(server.detached.empty());
}

TEST_CASE_FIXTURE(kept_fixture, "exchange: a watcher who leaves is gone, and cancels nothing") {
  server.result = make_run(prediction_status::processing);
  give("GET " + events_path + " HTTP/1.1\r\nhost: h\r\n\r\n");
  under_test->leave();
  CHECK(server.detached == "x y");
  CHECK_FALSE(server.left);
  CHECK(server.canceled.empty());
}

TEST_CASE_FIXTURE(kept_fixture, "exchange: there are no events of what nobody knows") {
  auto answer = get(events_path);
  CHECK(answer.status == 404);
  CHECK(answer.body == R"({"error":"Prediction not found"})");
  CHECK(get("/predictions/%ff/events").status == 400);
  CHECK(get_with(events_path, {}, "POST").fields["allow"] == "GET");
  CHECK(get("/livez").status == 200);
  rules.config.keep_results = 0;
  server.result = make_run(prediction_status::processing);
  CHECK(get(events_path).status == 200);
}

TEST_CASE_FIXTURE(kept_fixture, "exchange: a file of an output, with all that keeps it from being a script") {
  server.result = make_files();
  auto answer = get("/predictions/x%20y/files/0");
  CHECK(server.found == "x y");
  CHECK(answer.status == 200);
  CHECK(answer.body == "</tmp/0/dog.png 0 10>");
  CHECK(answer.fields["content-length"] == "10");
  CHECK(answer.fields["content-type"] == "image/png");
  CHECK(answer.fields["content-disposition"] == "inline; filename=\"dog.png\"");
  CHECK(answer.fields["x-content-type-options"] == "nosniff");
  CHECK(answer.fields["content-security-policy"] == "default-src 'none'; sandbox");
  CHECK(answer.fields["accept-ranges"] == "bytes");
  CHECK(answer.fields["etag"] == "\"2s-0\"");
  answer = get("/predictions/x%20y/files/1");
  CHECK(answer.fields["content-type"] == "image/svg+xml");
  CHECK(answer.fields["etag"] == "\"2s-1\"");
  CHECK(answer.fields["content-disposition"] ==
        "attachment; filename=\"a _b_ __.svg\"; filename*=UTF-8''a%20%22b%22%20%C3%A9.svg");
  answer = get_with("/predictions/x%20y/files/0", "range: bytes=2-3\r\n", "HEAD");
  CHECK(answer.status == 200);
  CHECK(answer.fields["content-length"] == "10");
  CHECK(answer.body.empty());
}

TEST_CASE_FIXTURE(kept_fixture, "exchange: a part of a file, or that it is not there") {
  server.result = make_files();
  auto part = [&](const std::string& fields) { return get_with("/predictions/x%20y/files/0", fields); };
  auto answer = part("range: bytes=2-4\r\n");
  CHECK(answer.status == 206);
  CHECK(answer.body == "</tmp/0/dog.png 2 3>");
  CHECK(answer.fields["content-range"] == "bytes 2-4/10");
  CHECK(answer.fields["content-length"] == "3");
  CHECK(answer.fields["x-content-type-options"] == "nosniff");
  answer = part("range: bytes=10-\r\n");
  CHECK(answer.status == 416);
  CHECK(answer.fields["content-range"] == "bytes */10");
  CHECK(part("range: bytes=0-1\r\nif-range: \"2s-0\"\r\n").status == 206);
  CHECK(part("range: bytes=0-1\r\nif-range: \"2t-0\"\r\n").status == 200);
  CHECK(part("range: bytes=0-1\r\nif-range: W/\"2s-0\"\r\n").status == 200);
  CHECK(part("range: bytes=0-1,3-4\r\n").status == 200);
}

TEST_CASE_FIXTURE(kept_fixture, "exchange: a file that the client has already is not sent again") {
  server.result = make_files();
  for (auto tags : {"\"2s-0\"", "\"a\", W/\"2s-0\"", "*"}) {
    auto answer =
      get_with("/predictions/x%20y/files/0", "if-none-match: " + std::string{tags} + "\r\nrange: bytes=0-1\r\n");
    CHECK(answer.status == 304);
    CHECK(answer.body.empty());
    CHECK(answer.fields["etag"] == "\"2s-0\"");
    CHECK_FALSE(answer.has("content-length"));
  }
  CHECK(get_with("/predictions/x%20y/files/0", "if-none-match: \"2s-1\"\r\n").status == 200);
}

TEST_CASE_FIXTURE(kept_fixture, "exchange: no file where there is none") {
  CHECK(get("/predictions/x%20y/files/0").status == 404);
  server.result = make_files();
  auto answer = get("/predictions/x%20y/files/2");
  CHECK(answer.status == 404);
  CHECK(answer.body == R"({"error":"The output has no such file"})");
  CHECK(get("/predictions/x%20y/files/18446744073709551616").status == 404);
  CHECK(get("/predictions/%ff/files/0").status == 400);
  rules.config.keep_results = 0;
  server.found.clear();
  answer = get("/predictions/x%20y/files/0");
  CHECK(answer.status == 404);
  CHECK(answer.body == "{\"error\":\"Nothing is kept (COG_KEEP_RESULTS=0)\"}");
  CHECK(server.found.empty());
}

TEST_CASE_FIXTURE(kept_fixture, "exchange: files are links for those who want them, wherever an output is shown") {
  auto shown = R"("output":["predictions/x%20y/files/0","predictions/x%20y/files/1"])";
  server.result = make_files();
  for (auto answer : {post("/predictions", "{}", links), put("/predictions/x%20y", "{}", links),
                      get_with("/predictions/x%20y", links)}) {
    CHECK(answer.status == 200);
    CHECK(answer.fields["cog-files"] == "links");
    CHECK(answer.body.find(shown) != answer.body.npos);
  }
  auto stream = get_with(events_path, links);
  CHECK(stream.fields["cog-files"] == "links");
  auto text = join_chunks(stream.body);
  CHECK(text.find(R"({"chunk":["predictions/x%20y/files/0","predictions/x%20y/files/1"],"index":0})") != text.npos);
  CHECK(text.find(shown) != text.npos);
  text = give(with_body("PUT", "/predictions/x%20y", "{}", links + "accept: text/event-stream\r\n"));
  CHECK(text.find(shown) != text.npos);
  CHECK(text.find("id: ") == text.npos);
  server.result = make_files(prediction_status::processing);
  CHECK(put("/predictions/x%20y", "{}", links).body.find(R"("output":[["predictions/x%20y/files/0",)") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(kept_fixture, "exchange: an answer that was accepted says whether files will be links") {
  give(with_body("POST", "/predictions", "{}", links + "prefer: respond-async\r\n"));
  auto answer = parse_answer(finish(make_snapshot("x", prediction_status::starting)));
  CHECK(answer.status == 202);
  CHECK(answer.fields["cog-files"] == "links");
}

TEST_CASE_FIXTURE(kept_fixture, "exchange: files are no links where nothing would be behind them, or nobody asks") {
  server.result = make_files();
  auto check = [&](const std::string& fields) {
    auto answer = post("/predictions", "{}", fields);
    CHECK_FALSE(answer.has("cog-files"));
    CHECK(answer.body.find(R"("output":["data:image/png;base64,)") != answer.body.npos);
  };
  check({});
  check("cog-files: data\r\n");
  rules.config.keep_files = 12;   // of 13
  check(links);
  rules.config.keep_files = 13;
  CHECK(post("/predictions", "{}", links).has("cog-files"));
  rules.config.upload_url = "http://example.net/";
  check(links);
  rules.config.upload_url.clear();
  rules.config.keep_results = 0;
  check(links);
}
