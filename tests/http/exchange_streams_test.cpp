#include "exchange_support.hpp"

using namespace cog;

namespace {

using kind = prediction_event::kind;
const std::string accept = "accept: text/event-stream\r\n";

event_ptr make_start() {
  auto event = std::make_shared<prediction_event>();
  event->name = "x";
  return event;
}

event_ptr make_end() {
  return make_event(kind::completed, {}, make_snapshot("x"));
}

}   // namespace

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a stream begins when the router has accepted, and tells what happens") {
  CHECK(give(with_body("POST", "/predictions", "{}", accept)).empty());
  CHECK(server.followed);
  CHECK(server.asked->streamed);
  auto head = parse_answer(finish(make_snapshot("x", prediction_status::starting)));
  CHECK(head.status == 200);
  CHECK(head.fields["content-type"] == "text/event-stream");
  CHECK(head.fields["cache-control"] == "no-cache");
  CHECK(head.fields["transfer-encoding"] == "chunked");
  CHECK_FALSE(head.has("content-length"));
  CHECK_FALSE(head.has("connection"));
  CHECK(head.body.empty());
  CHECK(join_chunks(tell(make_start())) == "event: start\ndata: {\"id\":\"x\",\"status\":\"processing\"}\n\n");
  CHECK(join_chunks(tell(make_event(kind::output, "1"))) == "event: output\ndata: {\"chunk\":1,\"index\":0}\n\n");
  auto end = join_chunks(tell(make_end()));
  CHECK(end.starts_with("event: completed\ndata: {"));
  CHECK(end.ends_with("}\n\n."));
  CHECK_FALSE(under_test);
  CHECK(get("/livez").status == 200);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: the first event may come before the router's answer") {
  give(with_body("POST", "/predictions", "{}", accept));
  auto begun = tell(make_start());
  CHECK(join_chunks(parse_answer(begun).body).starts_with("event: start\n"));
  CHECK(finish(make_snapshot("x", prediction_status::starting)).empty());
  CHECK(answers == 1);
  CHECK(tell(make_end()).ends_with("\r\n0\r\n\r\n"));
}

TEST_CASE_FIXTURE(exchange_fixture,
                  "exchange: clients of HTTP/1.0 get the events as they are, and the end of the connection") {
  give("POST /predictions HTTP/1.0\r\naccept: text/event-stream\r\n\r\n");
  auto head = parse_answer(finish(make_snapshot("x", prediction_status::starting)));
  CHECK_FALSE(head.has("transfer-encoding"));
  CHECK(head.fields["connection"] == "close");
  CHECK(tell(make_event(kind::output, "1")) == "event: output\ndata: {\"chunk\":1,\"index\":0}\n\n");
  CHECK(tell(make_end()).ends_with("}\n\n"));
  CHECK(closing);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: the stream of what has ended already is its end alone") {
  server.result = make_snapshot("x");
  auto text = give(with_body("PUT", "/predictions/x", "{}", accept));
  auto body = join_chunks(parse_answer(text).body);
  CHECK(body.starts_with("event: completed\ndata: {"));
  CHECK(body.ends_with("\n\n."));
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: who joins late is told all events in their order") {
  give(with_body("PUT", "/predictions/x", "{}", accept));
  finish(make_snapshot("x", prediction_status::processing));
  std::string told = tell(make_start());
  for (auto text : {"1", "2"})
    told += tell(make_event(kind::output, text));
  told = join_chunks(told + tell(make_end()));
  auto first = told.find(R"({"chunk":1)");
  auto second = told.find(R"({"chunk":2)");
  CHECK(told.find("event: start") < first);
  CHECK(first < second);
  CHECK(second < told.find("event: completed"));
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a stream of which events were dropped ends with an error") {
  give(with_body("PUT", "/predictions/x", "{}", accept));
  finish(make_snapshot("x", prediction_status::processing));
  auto text = join_chunks(tell(make_event(kind::truncated)));
  CHECK(text.starts_with("event: error\n"));
  CHECK(text.ends_with("\n\n."));
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a model that does not stream answers JSON, and the connection goes on") {
  give(with_body("POST", "/predictions", "{}", accept));
  auto answer = parse_answer(fail(errc::not_streaming, "no streams here"));
  CHECK(answer.status == 406);
  CHECK(answer.body == R"({"error":"no streams here"})");
  CHECK(get("/livez").status == 200);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: trainings do not stream") {
  rules.config.mode = "train";
  auto answer = post("/trainings", "{}", accept);
  CHECK(answer.status == 406);
  CHECK_FALSE(server.asked);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a stream is for those who name it among what they accept") {
  for (auto [field, streamed] : {std::pair{"text/event-stream", true},
                                 {"application/json, text/event-stream;q=0.5", true},
                                 {" ,text/event-stream", true},
                                 {"text/*", false},
                                 {"*/*", false},
                                 {"text/event-streams", false}}) {
    CAPTURE(field);
    give(with_body("POST", "/predictions", "{}", "accept: " + std::string{field} + "\r\n"));
    CHECK(server.followed == streamed);
    fail(errc::defunct, "");
  }
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a stream is one whatever Prefer says") {
  give(with_body("POST", "/predictions", "{}", accept + "prefer: respond-async\r\n"));
  CHECK(server.followed);
  CHECK_FALSE(server.asked->respond_async);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: events are not for those who wait for the answer") {
  give(with_body("POST", "/predictions", "{}"));
  CHECK(tell(make_start()).empty());
  CHECK(parse_answer(finish(make_snapshot("x"))).status == 200);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a follower who leaves cancels nothing") {
  give(with_body("POST", "/predictions", R"({"id":"x"})", accept));
  finish(make_snapshot("x", prediction_status::starting));
  under_test->leave();
  CHECK(server.detached == "x");
  CHECK_FALSE(server.left);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: an event's files are in its chunk, whose length counts them") {
  give(with_body("POST", "/predictions", "{}", accept));
  finish(make_snapshot("x", prediction_status::starting));
  auto event = std::make_shared<prediction_event>();
  event->what = kind::output;
  event->text = make_slice(R"("")");
  event->files = {{{0, 2}, "/tmp/f", "a/b", 3}};
  // the file has 3 bytes, which are 4 in base64; the fixture writes its path, which has more
  auto text = tell(event);
  std::string whole = "event: output\ndata: {\"chunk\":\"data:a/b;base64,XXXX\",\"index\":0}\n\n";
  CHECK(std::stoul(text, nullptr, 16) == whole.size());
  CHECK(text.find("\"data:a/b;base64,</tmp/f>\"") != text.npos);
}
