#include "session_support.hpp"

// Clients that leave.

using namespace cog;

namespace {

enum class way : uint8_t { closes, half_closes, resets };
constexpr std::array ways{way::closes, way::half_closes, way::resets};

constexpr size_t big = 20'000'000;   // more than the kernel holds for a client who reads nothing
const std::string stream_fields = "accept: text/event-stream\r\n";

void leave(test_client& client, way how) {
  if (how == way::closes)
    client.close();
  else if (how == way::half_closes)
    client.half_close();
  else
    client.reset();
}

/// Requests that take so many bytes: few of them, many, and more than are read ahead.
std::string pipelined(size_t bytes) {
  std::string text;
  while (text.size() < bytes)
    text += "GET /livez HTTP/1.1\r\nhost: h\r\n\r\n";
  return text;
}

}   // namespace

TEST_CASE_FIXTURE(served, "session: a client that leaves cancels its prediction, however much it has sent behind it") {
  for (auto how : ways)
    for (size_t bytes : {0, 1000, 70'000, 100'000}) {
      auto id = std::to_string(static_cast<int>(how)) + "-" + std::to_string(bytes);
      CAPTURE(id);
      auto client = predict(id, pipelined(bytes));
      leave(client, how);
      CHECK(notes.comes("cancel " + id));
      CHECK(comes_to_connections(0));
    }
}

TEST_CASE_FIXTURE(served, "session: a client that leaves lets go of its stream, however much it has sent behind it") {
  for (auto how : ways)
    for (size_t bytes : {0, 100'000}) {
      auto id = std::to_string(static_cast<int>(how)) + "-" + std::to_string(bytes);
      CAPTURE(id);
      auto client = predict(id, pipelined(bytes), stream_fields);
      client.read_until("\r\n\r\n");
      leave(client, how);
      CHECK(notes.comes("detach " + id));
      CHECK_FALSE(notes.has("cancel " + id));
      CHECK(comes_to_connections(0));
    }
}

TEST_CASE_FIXTURE(served, "session: a client that has sent half of a body and leaves has asked nothing") {
  for (auto how : ways) {
    auto client = connect();
    auto request = exchange_fixture::with_body("PUT", "/predictions/x", '{' + std::string(100'000, ' '));
    client.send(request.substr(0, 70'000));
    CHECK(connect().get("/livez").status == 200);
    CHECK(rules.bodies->used() > 100'000);
    leave(client, how);
    CHECK(comes_to_connections(0));
    turn();
    CHECK(rules.bodies->used() == 0);
  }
  CHECK_FALSE(notes.has("run x"));
}

TEST_CASE_FIXTURE(served, "session: an idle client that sends nothing more is let go") {
  for (auto how : ways) {
    auto client = connect();
    CHECK(client.get("/livez").status == 200);
    leave(client, how);
    CHECK(comes_to_connections(0));
  }
}

TEST_CASE_FIXTURE(served,
                  "session: a client that sends nothing more while it is answered gets all of that answer alone") {
  for (size_t behind : {0, 100'000}) {
    auto id = std::to_string(behind);
    CAPTURE(id);
    auto client = predict(id, pipelined(behind), {}, 65536);
    finish(id, '"' + std::string(big, 'x') + '"');
    auto head = client.read_until("\r\n\r\n");
    client.half_close();
    auto length = std::stoul(parse_answer(head).fields.at("content-length"));
    CHECK(length > big);
    CHECK(client.read(length).ends_with("}"));
    CHECK(client.rest().empty());
    CHECK(comes_to_connections(0));
  }
}

TEST_CASE_FIXTURE(served, "session: a client that leaves while it is answered is noticed") {
  for (auto how : {way::closes, way::resets})
    for (size_t behind : {0, 100'000}) {
      auto id = std::to_string(static_cast<int>(how)) + "-" + std::to_string(behind);
      CAPTURE(id);
      auto client = predict(id, pipelined(behind), {}, 65536);
      finish(id, '"' + std::string(big, 'x') + '"');
      client.read_until("\r\n\r\n");
      leave(client, how);
      CHECK(comes_to_connections(0));
    }
}

TEST_CASE_FIXTURE(served, "session: who has sent much behind a request, and stays, is not taken for gone") {
  auto first = predict("x", pipelined(100'000));
  auto second = predict("y");
  second.close();
  CHECK(notes.comes("cancel y"));
  finish("x");
  CHECK(first.next().status == 200);
  CHECK(first.next().status == 200);
  CHECK_FALSE(notes.has("cancel x"));
}
