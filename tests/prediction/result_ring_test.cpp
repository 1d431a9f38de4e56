#include "prediction/event_history.hpp"
#include "prediction/result_ring.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

result_ring::entry make_entry(const std::string& id, size_t bytes = 0, uint64_t file_bytes = 0) {
  auto result = std::make_shared<prediction_snapshot>();
  result->id = id;
  result->output.json.assign(bytes, ' ');
  if (file_bytes > 0)
    result->output.files.push_back({{}, "/f", "text/plain", file_bytes});
  return {std::make_shared<prediction_request>(), std::move(result)};
}

prediction_request make_request(const std::string& input) {
  prediction_request request;
  request.body = input;
  request.input = {0, input.size()};
  return request;
}

event_ptr make_event(const std::string& text) {
  auto event = std::make_shared<prediction_event>();
  event->text = text;
  return event;
}

}   // namespace

TEST_CASE("result_ring: keeps the newest, the oldest out first") {
  result_ring ring{{2, 1000, 1000}};
  for (auto* id : {"a", "b", "c"})
    ring.add(make_entry(id));
  CHECK_FALSE(ring.find("a"));
  CHECK(ring.find("b"));
  CHECK(ring.find("c")->result->id == "c");
  CHECK(ring.list().size() == 2);
}

TEST_CASE("result_ring: a second result of an id replaces the first") {
  result_ring ring{{2, 1000, 1000}};
  ring.add(make_entry("a", 1));
  ring.add(make_entry("b"));
  ring.add(make_entry("a", 2));
  CHECK(ring.find("a")->result->output.json.size() == 2);
  CHECK(ring.find("b"));
  CHECK(ring.list().size() == 2);
  ring.add(make_entry("c"));
  CHECK_FALSE(ring.find("b"));
  CHECK(ring.find("a"));
}

TEST_CASE("result_ring: bytes of JSON and of files are limited") {
  result_ring ring{{10, 100, 50}};
  ring.add(make_entry("a", 60));
  ring.add(make_entry("b", 60));
  CHECK_FALSE(ring.find("a"));
  CHECK(ring.find("b"));
  ring.add(make_entry("c", 0, 30));
  ring.add(make_entry("d", 0, 30));
  CHECK_FALSE(ring.find("c"));
  ring.add(make_entry("huge", 101));
  CHECK(ring.list().empty());
}

TEST_CASE("result_ring: 0 entries keep nothing") {
  result_ring ring{{0, 100, 100}};
  ring.add(make_entry("a"));
  CHECK_FALSE(ring.find("a"));
  CHECK_FALSE(ring.keeps_any());
}

TEST_CASE("result_ring: inputs are the same when their values are") {
  CHECK(same_input(make_request(R"({"a":1,"b":2})"), make_request(R"({ "b" : 2, "a" : 1 })")));
  CHECK_FALSE(same_input(make_request(R"({"a":1})"), make_request(R"({"a":2})")));
  CHECK(same_input(make_request(""), make_request("{}")));
}

TEST_CASE("event_history: replays everything, or one event that tells how many are missing") {
  event_history history{2};
  history.add(make_event("1"));
  history.add(make_event("2"));
  REQUIRE(history.replay().size() == 2);
  CHECK(history.replay()[1]->text == "2");
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
