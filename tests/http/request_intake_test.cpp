#include "exchange_support.hpp"
#include "http/receive_buffer.hpp"
#include "http/request_intake.hpp"

using namespace cog;

namespace {

const std::string probe = "GET /livez HTTP/1.1\r\nhost: h\r\n\r\n";

}   // namespace

TEST_CASE_FIXTURE(exchange_fixture, "request_intake: requests in one piece are answered one after the other") {
  auto text = give(probe + "GET /nowhere HTTP/1.1\r\nhost: h\r\n\r\n" + probe);
  CHECK(answers == 3);
  auto first = text.find("HTTP/1.1 200");
  auto second = text.find("HTTP/1.1 404");
  CHECK(first < second);
  CHECK(second < text.rfind("HTTP/1.1 200"));
}

TEST_CASE_FIXTURE(exchange_fixture, "request_intake: the next request waits for the answer that is due") {
  CHECK(give(with_body("POST", "/predictions", "{}") + probe).empty());
  CHECK(intake.has_bytes());
  CHECK(parse_answer(finish(make_snapshot("x"))).body.find("succeeded") != std::string::npos);
  CHECK(answers == 1);
  CHECK(parse_answer(give("\r\n")).status == 200);
  CHECK(answers == 2);
}

TEST_CASE_FIXTURE(exchange_fixture, "request_intake: a request may come byte by byte") {
  std::string out;
  for (auto letter : with_body("POST", "/predictions/x/cancel", "{}"))
    out += give({&letter, 1});
  CHECK(parse_answer(out).status == 404);
}

TEST_CASE_FIXTURE(exchange_fixture, "request_intake: empty lines may stand between requests") {
  CHECK(give("\r\n\r\n").empty());
  CHECK(parse_answer(give(probe + "\r\n" + probe)).status == 200);
  CHECK(answers == 2);
}

TEST_CASE_FIXTURE(exchange_fixture, "request_intake: a client of HTTP/1.1 is kept unless it wants to go") {
  CHECK_FALSE(ask(probe).has("connection"));
  CHECK(ask("GET /livez HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").fields["connection"] == "close");
}

TEST_CASE_FIXTURE(exchange_fixture, "request_intake: a client of HTTP/1.0 is kept if it says so") {
  auto kept = ask("GET /livez HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
  CHECK_FALSE(kept.has("connection"));
  CHECK(ask("GET /livez HTTP/1.0\r\n\r\n").fields["connection"] == "close");
}

TEST_CASE("request_intake: what is no request ends the connection") {
  struct row {
    std::string text;
    unsigned status;
  };
  for (auto& [text, status] : {row{"nonsense\r\n\r\n", 400},
                               {"GET / HTTP/1.1\r\n\r\n", 400},
                               {"GET " + std::string(20000, '/'), 414},
                               {"GET / HTTP/1.1\r\nhost: h\r\nx: " + std::string(20000, 'x'), 431},
                               {"POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: gzip, chunked\r\n\r\n", 501},
                               {"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1000000000\r\n\r\n", 413}}) {
    exchange_fixture client;
    auto answer = client.ask(text);
    CHECK(answer.status == status);
    CHECK(answer.fields["connection"] == "close");
    CHECK(answer.fields["content-type"] == "text/plain; charset=utf-8");
    CHECK_FALSE(answer.body.empty());
  }
}

TEST_CASE_FIXTURE(exchange_fixture, "request_intake: a chunked body that grows too long is 413") {
  rules.config.max_body_bytes = 10;
  give("POST /predictions HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
  auto answer = parse_answer(give("b\r\n01234567890\r\n"));
  CHECK(answer.status == 413);
  CHECK(answer.fields["connection"] == "close");
}

TEST_CASE_FIXTURE(exchange_fixture, "request_intake: a client that asks whether to send its body is told to") {
  auto request = with_body("POST", "/predictions", R"({"id":"x"})", "expect: 100-continue\r\n");
  auto body = request.find("\r\n\r\n") + 4;
  CHECK(give(request.substr(0, body)) == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(give(request.substr(body)).empty());
  CHECK(server.asked->id == "x");
}

TEST_CASE_FIXTURE(exchange_fixture, "request_intake: a body that is here already is not asked for") {
  CHECK(give(with_body("POST", "/predictions", "{}", "expect: 100-continue\r\n")).empty());
  CHECK(server.asked);
}

TEST_CASE_FIXTURE(exchange_fixture, "request_intake: a body of a wrong type is refused before it is sent") {
  auto answer = ask(
    "POST /predictions HTTP/1.1\r\nhost: h\r\ncontent-type: text/plain\r\nexpect: 100-continue\r\n"
    "content-length: 5\r\n\r\n");
  CHECK(answer.status == 415);
  CHECK(answer.fields["connection"] == "close");
}

TEST_CASE_FIXTURE(exchange_fixture, "request_intake: a body for a route without one is thrown away as it comes") {
  give("GET /livez HTTP/1.1\r\nhost: h\r\ncontent-length: 6\r\n\r\nabc");
  CHECK(intake.request()->body.empty());
  CHECK(rules.bodies->used() == 0);
  CHECK(parse_answer(give("def")).status == 200);
}

TEST_CASE_FIXTURE(exchange_fixture,
                  "request_intake: a body counts before it is there, and goes on with its prediction") {
  auto request = with_body("POST", "/predictions", R"({"input":{"text":")" + std::string(5000, 'x') + "\"}}");
  auto half = request.size() - 2000;
  give(request.substr(0, half));
  auto length = intake.request()->content_length().value();
  CHECK(rules.bodies->used() >= length);
  give(request.substr(half));
  CHECK(server.asked->memory.bytes() == length);
  finish(make_snapshot("x"));
  CHECK(rules.bodies->used() >= length);
  server.asked = nullptr;
  intake.room(false);
  CHECK(rules.bodies->used() == 0);
}

TEST_CASE_FIXTURE(exchange_fixture, "request_intake: without memory for a body it is 503, and nothing is kept of it") {
  rules.bodies = std::make_shared<memory_account>(1000);
  auto answer = ask(with_body("POST", "/predictions", R"({"input":{"text":")" + std::string(2000, 'x') + "\"}}"));
  CHECK(answer.status == 503);
  CHECK(answer.fields["retry-after"] == "1");
  CHECK(answer.body == "Too many request bodies in memory; try again later");
  CHECK_FALSE(answer.has("connection"));   // it was read to its end
  CHECK(rules.bodies->used() == 0);
  CHECK(get("/livez").status == 200);
}

TEST_CASE_FIXTURE(exchange_fixture, "request_intake: a body that there is no memory for is not read to its end") {
  rules.bodies = std::make_shared<memory_account>(1000);
  auto answer =
    ask("POST /predictions HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 9000\r\n\r\n{");
  CHECK(answer.status == 503);
  CHECK(answer.fields["connection"] == "close");
}

TEST_CASE("request_intake: says once that a header has begun, and once that it is there") {
  using step = request_intake::step;
  http_rules rules;
  request_intake intake{rules};
  auto give = [&](std::string_view text) {
    auto room = intake.room(true);
    std::memcpy(room.data(), text.data(), text.size());
    intake.add(text.size());
    return intake.take();
  };
  CHECK(give("\r") == step::nothing);
  CHECK(give("\n") == step::nothing);
  CHECK(give("POST / HTTP/1.1\r\n") == step::begun);
  CHECK(give("host: h\r\ncontent-length: 4\r\n") == step::more);
  CHECK(give("\r\n12") == step::header);
  CHECK(intake.count_body() == step::more);
  CHECK(intake.new_body_bytes() == 2);
  CHECK(give("3") == step::body);
  CHECK(intake.new_body_bytes() == 1);
  CHECK(give("4") == step::body);
  CHECK(intake.count_body() == step::complete);
  CHECK(intake.request()->body == "1234");
  intake.finish();
  CHECK(intake.request() == nullptr);
}

TEST_CASE("request_intake: while an answer is due only so many bytes are read ahead") {
  http_rules rules;
  request_intake intake{rules};
  while (!intake.is_ahead()) {
    auto room = intake.room(false);
    REQUIRE_FALSE(room.empty());
    std::memset(room.data(), 'x', room.size());
    intake.add(room.size());
  }
  CHECK(intake.has_bytes());
  intake.drop_bytes();
  CHECK_FALSE(intake.has_bytes());
  CHECK_FALSE(intake.is_ahead());
}

TEST_CASE("receive_buffer: its room grows with what is expected, and what has been taken makes place") {
  receive_buffer buffer{std::make_shared<memory_account>(1 << 20)};
  auto room = buffer.room(0);
  CHECK(room.size() == 4096);
  buffer.add(4096);
  CHECK(buffer.room(0).size() == 4096);
  CHECK(buffer.room(100'000).size() == 100'000 - 4096);
  CHECK(buffer.room(10'000'000).size() == 256 * 1024 - 4096);
  buffer.take(4096);
  CHECK(buffer.room(0).size() == 256 * 1024);
}

TEST_CASE("receive_buffer: bytes stay in their order when the room is moved") {
  receive_buffer buffer{nullptr};
  auto room = buffer.room(0);
  for (size_t i = 0; i < room.size(); ++i)
    room[i] = static_cast<char>('a' + i % 26);
  buffer.add(room.size());
  std::string last{buffer.bytes().substr(4000)};
  buffer.take(4000);
  CHECK(buffer.room(0).size() == 4000);
  CHECK(buffer.bytes() == last);
}

TEST_CASE("receive_buffer: what is more than an idle connection's is counted, until it is given back") {
  auto account = std::make_shared<memory_account>(20'000);
  receive_buffer buffer{account};
  buffer.room(0);
  CHECK(account->used() == 0);
  buffer.add(1);
  CHECK(buffer.room(15'000).size() == 14'999);
  CHECK(account->used() == 15'000);
  CHECK(buffer.room(30'000).size() == 14'999);   // there is no more, and there is room
  buffer.add(14'999);
  CHECK_FALSE(buffer.room(0).empty());   // for the next bytes in any case
  CHECK(account->used() == 30'000);
  buffer.take(15'000);
  buffer.shrink();
  CHECK(account->used() == 0);
  CHECK(buffer.capacity() == 0);
}
