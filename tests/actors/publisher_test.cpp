#include "actors/publisher.hpp"
#include "prediction/event_replay.hpp"
#include <doctest/doctest.h>
#include <string>

using namespace cog;

namespace {

using told_list = std::vector<std::string>;

std::string describe(const prediction_event& event) {
  switch (event.what) {
    case prediction_event::kind::start:
      return "start " + event.name;
    case prediction_event::kind::output:
      return "output " + std::to_string(event.index) + " " + std::string{event.text.text};
    case prediction_event::kind::log:
      return std::string{event.from_stderr ? "stderr " : "stdout "} + std::string{event.text.text};
    case prediction_event::kind::metric:
      return "metric " + event.name + " " + std::string{event.text.text};
    case prediction_event::kind::completed:
      return "completed " + event.end->id;
    case prediction_event::kind::truncated:
      return "truncated " + std::to_string(event.index);
    case prediction_event::kind::queued:
      return "queued " + std::to_string(event.place.position);
  }
  return {};
}

/// Writes what it hears into a list.
event_follower follower(uint64_t id, told_list& told) {
  return {id, [&told](const event_ptr& event) { told.push_back(describe(*event)); }};
}

/// A result as the prediction keeps it.
prediction_output kept(std::string_view json) {
  prediction_output output;
  output.json = std::string{json};
  return output;
}

snapshot_ptr make_end() {
  auto end = std::make_shared<prediction_snapshot>();
  end->id = "a";
  return end;
}

}   // namespace

TEST_CASE("publisher: everybody hears everything in order, after one start") {
  publisher events{"a", 10, nullptr};
  told_list courier, first, second;
  events.set_courier(follower(0, courier).tell);
  events.follow(follower(1, first));
  events.follow(follower(2, second));
  events.start();
  events.start();
  events.log(log_source::out, make_slice("line"));
  events.log(log_source::err, make_slice("wrong"));
  events.chunk(make_slice("1"), {}, nullptr);
  events.metric(metric_mode::replace, "m", "2");
  events.chunk(make_slice("3"), {}, nullptr);
  events.completed(make_end());
  CHECK(first ==
        told_list{"start a", "stdout line", "stderr wrong", "output 0 1", "metric m 2", "output 1 3", "completed a"});
  CHECK(second == first);
  CHECK(courier == first);
}

TEST_CASE("publisher: the start comes before the first event, whatever that is") {
  publisher events{"a", 10, nullptr};
  told_list told;
  events.follow(follower(1, told));
  events.chunk(make_slice("1"), {}, nullptr);
  CHECK(told == told_list{"start a", "output 0 1"});
}

TEST_CASE("publisher: who comes later is told what was, and then what is") {
  publisher events{"a", 10, nullptr};
  told_list told;
  events.chunk(make_slice("1"), {}, nullptr);
  CHECK(events.attach(follower(1, told), 10));
  CHECK(told == told_list{"start a", "output 0 1"});
  events.chunk(make_slice("2"), {}, nullptr);
  CHECK(told.back() == "output 1 2");
}

TEST_CASE("publisher: who comes before anything has happened is told the start") {
  publisher events{"a", 10, nullptr};
  told_list first, second;
  events.attach(follower(1, first), 10);
  events.attach(follower(2, second), 10);
  CHECK(first == told_list{"start a"});
  CHECK(second == told_list{"start a"});
}

TEST_CASE("publisher: who comes when more has happened than is kept is told so, and follows no more") {
  publisher events{"a", 2, nullptr};
  told_list early, late;
  events.attach(follower(1, early), 10);
  events.chunk(make_slice("1"), {}, nullptr);
  events.chunk(make_slice("2"), {}, nullptr);
  CHECK(events.attach(follower(2, late), 10));
  CHECK(late == told_list{"truncated 1"});
  events.chunk(make_slice("3"), {}, nullptr);
  CHECK(late.size() == 1);
  CHECK(early.back() == "output 2 3");
  CHECK_FALSE(events.detach(2));
}

TEST_CASE("publisher: as many events as are kept are told whole") {
  publisher events{"a", 2, nullptr};
  told_list told;
  events.chunk(make_slice("1"), {}, nullptr);
  events.attach(follower(1, told), 10);
  CHECK(told == told_list{"start a", "output 0 1"});
}

TEST_CASE("publisher: a history of nothing calls nothing missing") {
  publisher events{"a", 0, nullptr};
  told_list told;
  events.chunk(make_slice("1"), {}, nullptr);
  events.attach(follower(1, told), 10);
  CHECK(told.empty());
  events.chunk(make_slice("2"), {}, nullptr);
  CHECK(told == told_list{"output 1 2"});
}

TEST_CASE("publisher: one more than the most is refused, and told nothing") {
  publisher events{"a", 10, nullptr};
  told_list told, refused;
  CHECK(events.attach(follower(1, told), 2));
  CHECK(events.attach(follower(2, told), 2));
  CHECK_FALSE(events.attach(follower(3, refused), 2));
  CHECK(refused.empty());
  CHECK(events.detach(1));
  CHECK(events.attach(follower(3, refused), 2));
}

TEST_CASE("publisher: who has left hears nothing more, and leaves once") {
  publisher events{"a", 10, nullptr};
  told_list told;
  events.attach(follower(1, told), 10);
  CHECK(events.detach(1));
  CHECK_FALSE(events.detach(1));
  CHECK_FALSE(events.has_followers());
  events.chunk(make_slice("1"), {}, nullptr);
  CHECK(told == told_list{"start a"});
}

TEST_CASE("publisher: the courier counts as no follower and hears all the same") {
  publisher events{"a", 10, nullptr};
  told_list told;
  events.set_courier(follower(0, told).tell);
  CHECK_FALSE(events.has_followers());
  CHECK(events.is_heard());
  events.completed(make_end());
  CHECK(told == told_list{"start a", "completed a"});
}

TEST_CASE("publisher: what only those could hear who are there is not made for nobody") {
  publisher events{"a", 1, nullptr};
  events.result(done_shape::value, "1", kept("1"), nullptr);
  events.completed(make_end());
  told_list told;
  events.attach(follower(1, told), 10);
  CHECK(told == told_list{"start a"});
}

TEST_CASE("publisher: a value is one chunk, null is none, and chunks that were sent are not told again") {
  publisher events{"a", 10, nullptr};
  told_list told;
  events.follow(follower(1, told));
  events.result(done_shape::value, "null", kept("null"), nullptr);
  events.result(done_shape::sent_chunks, "", kept(""), nullptr);
  CHECK(told.empty());
  events.result(done_shape::value, "[1,2]", kept("[1,2]"), nullptr);
  CHECK(told == told_list{"start a", "output 0 [1,2]"});
}

TEST_CASE("publisher: a list that came whole is told item by item, each with its files") {
  publisher events{"a", 10, nullptr};
  std::vector<event_ptr> told;
  events.follow({1, [&](const event_ptr& event) { told.push_back(event); }});
  auto output = kept(R"("a",[1],"f")");
  output_file file;
  file.at = {8, 3};
  output.files.push_back(file);
  auto holder = std::make_shared<const folder>();
  events.result(done_shape::chunk_list, R"(["a",[1],"f"])", output, holder);
  REQUIRE(told.size() == 4);
  CHECK(describe(*told[1]) == R"(output 0 "a")");
  CHECK(describe(*told[2]) == "output 1 [1]");
  CHECK(describe(*told[3]) == R"(output 2 "f")");
  CHECK(told[1]->files.empty());
  CHECK(told[2]->files.empty());
  REQUIRE(told[3]->files.size() == 1);
  CHECK(told[3]->files[0].at.offset == 0);
  CHECK(told[3]->holder == holder);
}

TEST_CASE("publisher: the bytes of an event are those of the output, and the event itself is counted") {
  auto account = std::make_shared<memory_account>(1'000'000);
  publisher events{"a", 10, account};
  event_ptr told;
  events.follow({1, [&](const event_ptr& event) { told = event; }});
  auto output = kept("12");
  events.result(done_shape::value, "12", output, nullptr);
  CHECK(told->text.text.data() == output.json.slices().front().text.data());
  CHECK(account->used() == 2 * sizeof(prediction_event) + events.journal().allocated());
}

TEST_CASE("publisher: a watcher hears what happens from now on, and counts as no follower") {
  publisher events{"a", 10, nullptr};
  told_list told, refused;
  events.chunk(make_slice("1"), {}, nullptr);
  CHECK(events.watch(follower(1, told), 1));
  CHECK_FALSE(events.watch(follower(2, refused), 1));
  CHECK_FALSE(events.attach(follower(2, refused), 1));
  CHECK(events.is_heard());
  CHECK_FALSE(events.has_followers());
  events.chunk(make_slice("2"), {}, nullptr);
  events.completed(make_end());
  CHECK(told == told_list{"output 1 2", "completed a"});
  CHECK(refused.empty());
  CHECK_FALSE(events.detach(1));
  CHECK_FALSE(events.is_heard());
}

TEST_CASE("publisher: who follows is gone when only watchers are left") {
  publisher events{"a", 10, nullptr};
  told_list told;
  events.watch(follower(1, told), 10);
  events.attach(follower(2, told), 10);
  CHECK(events.has_followers());
  CHECK(events.detach(2));
  CHECK_FALSE(events.has_followers());
}

TEST_CASE("publisher: a replay tells what was told, at the same positions") {
  publisher events{"a", 0, nullptr};
  std::vector<event_ptr> told;
  events.follow({1, [&](const event_ptr& event) { told.push_back(event); }});
  text_buffer logs, output;
  prediction_snapshot state;
  state.id = "a";
  auto add = [&](std::string_view json, std::vector<output_file> files = {}) {
    auto chunk = output.append(json, state.output.json.empty() ? "" : ",");
    state.output.append(chunk, files);
    CHECK(events.chunk(chunk, std::move(files), nullptr));
  };
  output_file file;
  file.at = {1, 2};
  add(R"([""])", {file});
  auto line = logs.append("line");
  state.logs.append(line);
  CHECK(events.log(log_source::err, line));
  CHECK(events.metric(metric_mode::append, "m", "2"));
  add(R"([""])", {file});
  state.journal = events.journal().text();
  event_replay replay{std::make_shared<prediction_snapshot>(state)};
  for (auto& live : told) {
    auto again = replay.next();
    REQUIRE(again);
    CHECK(describe(*again) == describe(*live));
    CHECK(again->position == live->position);
    CHECK(again->first_file == live->first_file);
    CHECK(again->files.size() == live->files.size());
    if (!live->files.empty())
      CHECK(again->files[0].at.offset == live->files[0].at.offset);
  }
  CHECK_FALSE(replay.next());
}

TEST_CASE("publisher: the items of a list that came whole have the positions that a replay gives them") {
  publisher events{"a", 0, nullptr};
  std::vector<event_ptr> told;
  events.follow({1, [&](const event_ptr& event) { told.push_back(event); }});
  prediction_snapshot state;
  state.id = "a";
  state.status = prediction_status::succeeded;
  state.output = kept(R"("a",[1,2],"b")");
  state.output.form = prediction_output::shape::chunks;
  events.start();
  events.result(done_shape::chunk_list, R"(["a",[1,2],"b"])", state.output, nullptr);
  state.journal = events.journal().text();
  event_replay replay{std::make_shared<prediction_snapshot>(state), told[1]->position};
  for (size_t i = 2; i < told.size(); ++i) {
    auto again = replay.next();
    REQUIRE(again);
    CHECK(describe(*again) == describe(*told[i]));
    CHECK(again->position == told[i]->position);
  }
}

TEST_CASE("publisher: what the account has no room to note is told to nobody") {
  auto account = std::make_shared<memory_account>(100);
  publisher events{"a", 0, account};
  told_list told;
  events.follow(follower(1, told));
  CHECK_FALSE(events.chunk({nullptr, "1"}, {}, nullptr));
  CHECK_FALSE(events.log(log_source::out, {nullptr, "1"}));
  CHECK_FALSE(events.metric(metric_mode::replace, "m", "1"));
  CHECK(told == told_list{"start a"});
}
