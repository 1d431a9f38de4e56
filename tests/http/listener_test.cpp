#include "session_support.hpp"

using namespace cog;

namespace {

const std::string probe = "GET /livez HTTP/1.1\r\nhost: h\r\n\r\n";

/// Begins a drain; what it returns waits for the end of it.
auto begin_drain(caf::scoped_actor& self, const listener_actor& listener) {
  return self->request(caf::actor_cast<caf::actor>(listener), caf::infinite,
                       atom::drain_v);   // untyped, since it is empty
}

template <class Drain>
bool ends(Drain&& drain) {
  bool ended = false;
  drain.receive([&] { ended = true; }, [](const caf::error& error) { FAIL_CHECK(text_of(error)); });
  return ended;
}

}   // namespace

TEST_CASE_FIXTURE(served, "listener: clients are served side by side, and counted while they are there") {
  auto waiting = predict("x");
  auto other = connect();
  CHECK(other.get("/livez").status == 200);
  CHECK(comes_to_connections(2));
  finish("x");
  CHECK(waiting.next().status == 200);
  waiting.close();
  CHECK(comes_to_connections(1));
  CHECK(other.get("/livez").status == 200);
}

TEST_CASE_FIXTURE(served,
                  "listener: beyond COG_MAX_CONNECTIONS a client gets one answer, and a probe alone a good one") {
  rules.config.max_connections = 2;
  auto first = connect(), second = connect();
  CHECK(first.get("/livez").status == 200);
  CHECK(second.get("/livez").status == 200);
  for (auto& [path, status] : {std::pair{"/livez", 200U}, {"/readyz", 200U}, {"/health-check", 200U}, {"/", 503U}}) {
    auto spare = connect();
    auto answer = spare.get(path);
    CHECK(answer.status == status);
    CHECK(answer.fields["connection"] == "close");
    CHECK(spare.is_ended());
  }
  CHECK_FALSE(first.get("/livez").has("connection"));
}

TEST_CASE_FIXTURE(
  served, "listener: one address gets no more than COG_MAX_CONNECTIONS_PER_ADDRESS, and again when one has gone") {
  rules.config.max_connections_per_address = 2;
  auto first = connect(), second = connect();
  CHECK(first.get("/livez").status == 200);
  CHECK(second.get("/livez").status == 200);
  auto third = connect();
  auto answer = third.next();
  CHECK(answer.status == 503);
  CHECK(answer.fields["retry-after"] == "1");
  CHECK(third.is_ended());
  second.close();
  CHECK(comes_to_connections(1));
  CHECK(connect().get("/livez").status == 200);
}

TEST_CASE_FIXTURE(served, "listener: a prediction is refused beyond COG_MAX_CONNECTIONS, before its body has come") {
  rules.config.max_connections = 1;
  auto first = connect();
  CHECK(first.get("/livez").status == 200);
  auto spare = connect();
  auto answer = spare.ask("POST /predictions HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n");
  CHECK(answer.status == 503);
  CHECK(answer.fields["retry-after"] == "1");
  CHECK(spare.is_ended());
}

TEST_CASE_FIXTURE(served, "listener: who leaves makes place for another") {
  rules.config.max_connections = 1;
  for (int round = 0; round < 3; ++round) {
    auto client = connect();
    CHECK_FALSE(client.get("/livez").has("connection"));
    client.close();
    CHECK(comes_to_connections(0));
  }
}

TEST_CASE_FIXTURE(served, "listener: of the 32 places for probes the one that was held longest goes to the next") {
  rules.config.max_connections = 1;
  auto first = connect();
  CHECK(first.get("/livez").status == 200);
  std::deque<test_client> silent;
  for (int i = 0; i < 32; ++i)
    silent.push_back(connect());
  CHECK(comes_to_connections(33));
  auto probing = connect();
  CHECK(probing.get("/readyz").status == 200);
  CHECK(silent.front().is_ended());
  CHECK(silent.back().get("/livez").status == 200);
  CHECK(first.get("/livez").status == 200);
}

TEST_CASE_FIXTURE(served, "listener: a silent client in a place for probes is let go by COG_HEADER_TIMEOUT") {
  rules.config.max_connections = 1;
  rules.config.header_timeout = real_seconds{0.02};
  auto first = connect();
  CHECK(first.get("/livez").status == 200);
  auto silent = connect();
  CHECK(silent.is_ended());
  CHECK(first.get("/livez").status == 200);
}

TEST_CASE_FIXTURE(served, "listener: a drain lets go of the idle and waits for the answers that are due") {
  auto idle = connect();
  CHECK(idle.get("/livez").status == 200);
  auto waiting = predict("x", probe);
  caf::scoped_actor self{system()};
  auto drain = begin_drain(self, listening());
  CHECK(idle.is_ended());
  CHECK_FALSE(test_client{port()}.is_connected());
  finish("x");
  auto answer = waiting.next();
  CHECK(answer.status == 200);
  CHECK(answer.fields["connection"] == "close");
  CHECK(waiting.rest().empty());   // what came behind it is not answered
  waiting.close();
  CHECK(ends(drain));
}

TEST_CASE_FIXTURE(served, "listener: when a stop is near, clients are still served, with one answer more") {
  auto idle = connect();
  CHECK_FALSE(idle.get("/livez").has("connection"));
  caf::anon_send(listening(), atom::shutdown_v);
  auto late = connect();
  for (auto* client : {&late, &idle}) {
    auto answer = client->get("/livez");
    CHECK(answer.status == 200);
    CHECK(answer.fields["connection"] == "close");
    CHECK(client->is_ended());
  }
}

TEST_CASE_FIXTURE(served, "listener: a request that has begun when the server stops gets its answer") {
  auto client = connect();
  client.send("GET /livez HTTP/1.1\r\n");
  auto idle = connect();
  CHECK(idle.get("/livez").status == 200);   // so that the line above was read
  caf::scoped_actor self{system()};
  auto drain = begin_drain(self, listening());
  CHECK(idle.is_ended());
  auto answer = client.ask("host: h\r\n\r\n");
  CHECK(answer.status == 200);
  CHECK(answer.fields["connection"] == "close");
  CHECK(client.is_ended());
  client.close();
  CHECK(ends(drain));
}

TEST_CASE_FIXTURE(served, "listener: a stream is followed to its end before a drain is over") {
  auto client = predict("x", {}, "accept: text/event-stream\r\n");
  client.read_until("\r\n\r\n");
  caf::scoped_actor self{system()};
  auto drain = begin_drain(self, listening());
  tell("x", make_event(prediction_event::kind::completed, {}, make_snapshot("x")));
  CHECK(client.read_until("\r\n0\r\n\r\n").find("event: completed") != std::string::npos);
  CHECK(client.is_ended());
  client.close();
  CHECK(ends(drain));
}

TEST_CASE_FIXTURE(served, "listener: with nobody there a drain is over at once, and so is a second one") {
  start();
  caf::scoped_actor self{system()};
  CHECK(ends(begin_drain(self, listening())));
  CHECK(ends(begin_drain(self, listening())));
}

TEST_CASE_FIXTURE(served, "listener: its end is that of all connections, and of a drain") {
  auto idle = connect();
  CHECK(idle.get("/livez").status == 200);
  auto waiting = predict("x");
  caf::scoped_actor self{system()};
  auto drain = begin_drain(self, listening());
  CHECK(idle.is_ended());
  caf::anon_send_exit(listening(), caf::exit_reason::user_shutdown);
  CHECK(waiting.is_ended());
  CHECK(ends(drain));
  CHECK(comes_to_connections(0));
}
