#include "prediction/event_history.hpp"
#include "prediction/result_ring.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

void add(result_ring& ring, const std::string& id, size_t bytes = 0, uint64_t file_bytes = 0) {
  auto result = std::make_shared<prediction_snapshot>();
  result->id = id;
  result->output.json = std::string(bytes, ' ');
  result->memory = bytes;
  if (file_bytes > 0)
    result->output.files.push_back({{}, "/f", "text/plain", file_bytes});
  ring.add({}, std::move(result));
}

prediction_request make_request(const std::string& input) {
  prediction_request request;
  request.body = input;
  request.input = {0, input.size()};
  return request;
}

event_ptr make_event(const std::string& text) {
  auto event = std::make_shared<prediction_event>();
  event->text = make_slice(text);
  return event;
}

}   // namespace

TEST_CASE("result_ring: keeps the newest, the oldest out first") {
  result_ring ring{{2, 1000, 1000}};
  for (auto* id : {"a", "b", "c"})
    add(ring, id);
  CHECK_FALSE(ring.find("a"));
  CHECK(ring.find("b"));
  CHECK(ring.find("c")->result->id == "c");
  CHECK(ring.list().size() == 2);
}

TEST_CASE("result_ring: a second result of an id replaces the first") {
  result_ring ring{{2, 1000, 1000}};
  add(ring, "a", 1);
  add(ring, "b");
  add(ring, "a", 2);
  CHECK(ring.find("a")->result->output.json.size() == 2);
  CHECK(ring.find("b"));
  CHECK(ring.list().size() == 2);
  add(ring, "c");
  CHECK_FALSE(ring.find("b"));
  CHECK(ring.find("a"));
}

TEST_CASE("result_ring: bytes of JSON and of files are limited") {
  result_ring ring{{10, 100, 50}};
  add(ring, "a", 60);
  add(ring, "b", 60);
  CHECK_FALSE(ring.find("a"));
  CHECK(ring.find("b"));
  add(ring, "c", 0, 30);
  add(ring, "d", 0, 30);
  CHECK_FALSE(ring.find("c"));
  add(ring, "huge", 101);
  CHECK(ring.list().empty());
}

TEST_CASE("result_ring: 0 entries keep nothing") {
  result_ring ring{{0, 100, 100}};
  add(ring, "a");
  CHECK_FALSE(ring.find("a"));
  CHECK_FALSE(ring.keeps_any());
}

TEST_CASE("input_mark: short inputs are the same when their values are") {
  input_mark mark{make_request(R"({"a":1,"b":2})")};
  CHECK(mark.matches(make_request(R"({ "b" : 2, "a" : 1 })")));
  CHECK_FALSE(mark.matches(make_request(R"({"a":2,"b":2})")));
  CHECK(input_mark{make_request("")}.matches(make_request("{}")));
}

TEST_CASE("input_mark: of a long input a few bytes are kept, and it is known again byte for byte") {
  auto text = "{\"a\":\"" + std::string(1'000'000, 'x') + "\"}";
  input_mark mark{make_request(text)};
  CHECK(mark.bytes() < 100);
  CHECK(mark.matches(make_request(text)));
  CHECK_FALSE(mark.matches(make_request(text + ' ')));
  text[500'000] = 'y';
  CHECK_FALSE(mark.matches(make_request(text)));
}

TEST_CASE("event_history: replays everything, or one event that tells how many are missing") {
  event_history history{2};
  history.add(make_event("1"));
  history.add(make_event("2"));
  REQUIRE(history.replay().size() == 2);
  CHECK(history.replay()[1]->text.text == "2");
  for (auto* text : {"3", "4", "5"})
    history.add(make_event(text));
  auto replay = history.replay();
  REQUIRE(replay.size() == 1);
  CHECK(replay[0]->what == prediction_event::kind::truncated);
  CHECK(replay[0]->index == 3);
}

TEST_CASE("event_history: without capacity there is no replay and nothing is missing") {
  event_history history{0};
  history.add(make_event("1"));
  CHECK(history.replay().empty());
  CHECK_FALSE(history.truncated());
}
