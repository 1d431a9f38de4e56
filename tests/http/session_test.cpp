#include "session_support.hpp"

using namespace cog;

namespace {

const std::string probe = "GET /livez HTTP/1.1\r\nhost: h\r\n\r\n";

}   // namespace

TEST_CASE_FIXTURE(served, "session: a connection stays for further requests unless one of the two wants its end") {
  auto client = connect();
  for (int round = 0; round < 3; ++round)
    CHECK_FALSE(client.get("/livez").has("connection"));
  auto last = client.get("/livez", "connection: close\r\n");
  CHECK(last.fields["connection"] == "close");
  CHECK(client.is_ended());
}

TEST_CASE_FIXTURE(served, "session: a client of HTTP/1.0 is kept if it asks, and is told") {
  auto client = connect();
  auto kept = client.ask("GET /livez HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
  CHECK(kept.fields["connection"] == "keep-alive");
  CHECK(client.ask("GET /livez HTTP/1.0\r\n\r\n").fields["connection"] == "close");
  CHECK(client.is_ended());
}

TEST_CASE_FIXTURE(served, "session: an idle client is let go after COG_IDLE_TIMEOUT, one that waits is not") {
  rules.config.idle_timeout = real_seconds{0.02};
  // What they send is there before anybody counts the time.
  test_client silent{port()}, asking{port()}, waiting{port()};
  asking.send(probe);
  waiting.send(exchange_fixture::with_body("POST", "/predictions", R"({"id":"x"})"));
  start();
  CHECK(silent.is_ended());
  CHECK(asking.next().status == 200);
  CHECK(asking.is_ended());
  finish("x");
  CHECK(waiting.next().status == 200);
  CHECK(waiting.is_ended());
}

TEST_CASE_FIXTURE(served, "session: a header that does not end is 408") {
  rules.config.header_timeout = real_seconds{0.02};
  auto client = connect();
  auto answer = client.ask("GET /livez HTTP/1.1\r\nhost: h\r\n");
  CHECK(answer.status == 408);
  CHECK(answer.body == "The request header came too slowly");
  CHECK(client.is_ended());
}

TEST_CASE_FIXTURE(served, "session: a body that does not go on is 408") {
  rules.config.body_timeout = real_seconds{0.02};
  auto client = connect();
  auto answer = client.ask("PUT /predictions/x HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\n{");
  CHECK(answer.status == 408);
  CHECK(answer.body == "The request body came too slowly");
  CHECK(client.is_ended());
}

TEST_CASE_FIXTURE(served, "session: pipelined requests are answered in their order") {
  auto client = predict("x", "GET /nowhere HTTP/1.1\r\nhost: h\r\n\r\n" + probe);
  finish("x");
  CHECK(client.next().body.find("\"hello\"") != std::string::npos);
  CHECK(client.next().status == 404);
  CHECK(client.next().status == 200);
  CHECK(client.get("/livez").status == 200);
}

TEST_CASE_FIXTURE(served, "session: of pipelined predictions one runs at a time") {
  auto client = predict("x", exchange_fixture::with_body("POST", "/predictions", R"({"id":"y"})"));
  CHECK(connect().get("/livez").status == 200);
  CHECK_FALSE(notes.has("run y"));
  finish("x");
  CHECK(client.next().body.find(R"("id":"x")") != std::string::npos);
  CHECK(notes.comes("run y"));
  finish("y");
  CHECK(client.next().body.find(R"("id":"y")") != std::string::npos);
}

TEST_CASE_FIXTURE(served, "session: more requests than are read ahead are all answered, in order") {
  std::string many;
  size_t count = 0;
  for (; many.size() < 100'000; ++count)
    many += count % 2 == 0 ? probe : "GET /nowhere HTTP/1.1\r\nhost: h\r\n\r\n";
  auto client = predict("x", many);
  finish("x");
  CHECK(client.next().status == 200);
  size_t right = 0;
  for (size_t i = 0; i < count; ++i)
    right += client.next().status == (i % 2 == 0 ? 200 : 404) ? 1 : 0;
  CHECK(right == count);
  CHECK(client.get("/livez").status == 200);
  client.half_close();
  CHECK(client.is_ended());
}

TEST_CASE_FIXTURE(served, "session: a request may come byte by byte") {
  auto client = connect();
  for (auto letter : exchange_fixture::with_body("POST", "/predictions", R"({"id":"x"})"))
    client.send({&letter, 1});
  CHECK(notes.comes("run x"));
  finish("x");
  CHECK(client.next().status == 200);
}

TEST_CASE_FIXTURE(served, "session: HEAD is answered without a body, and the connection is in step") {
  auto client = connect();
  client.send("HEAD /livez HTTP/1.1\r\nhost: h\r\n\r\n");
  CHECK(parse_answer(client.read_until("\r\n\r\n")).fields["content-length"] != "0");
  CHECK(client.get("/nowhere").status == 404);
}

TEST_CASE_FIXTURE(served, "session: a client that asks whether to send its body is told to") {
  auto client = connect();
  client.send("PUT /predictions/x HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n");
  CHECK(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("{}");
  CHECK(notes.comes("run x"));
  finish("x");
  CHECK(client.next().status == 200);
}

TEST_CASE_FIXTURE(served, "session: what is refused is answered, whatever the client goes on to send") {
  auto client = connect();
  client.send("nonsense\r\n\r\n" + std::string(1'000'000, 'x'));
  auto answer = parse_answer(client.rest());
  CHECK(answer.status == 400);
  CHECK(answer.fields["connection"] == "close");
}

TEST_CASE_FIXTURE(served, "session: who is asked what, comes from the socket") {
  rules.config.shutdown = "local";
  auto client = connect();
  CHECK(client.ask(exchange_fixture::with_body("POST", "/shutdown", "")).status == 200);
  CHECK(notes.comes("shutdown"));
  auto metrics = client.get("/metrics").body;
  CHECK(metrics.find("cog_http_requests_total{route=\"/shutdown\",status=\"200\"} 1\n") != metrics.npos);
  CHECK(metrics.find("cog_http_connections 1\n") != metrics.npos);
}
