#include "prediction/event_replay.hpp"
#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace cog;
using entry_kind = event_journal::entry_kind;

namespace {

/// A prediction that tells things, and what its state is then.
struct telling {
  text_buffer output_buffer, log_buffer;
  event_journal journal{nullptr};
  prediction_output output;
  shared_text logs;

  void chunk(std::string_view json, std::vector<output_file> files = {}) {
    journal.add(entry_kind::output, json.size());
    output.append(output_buffer.append(json, output.json.empty() ? "" : ","), std::move(files));
  }
  void log(std::string_view text, entry_kind source = entry_kind::log) {
    journal.add(source, text.size());
    logs.append(log_buffer.append(text));
  }

  snapshot_ptr state(prediction_status status = prediction_status::processing) const {
    auto state = std::make_shared<prediction_snapshot>();
    state->id = "a";
    state->status = status;
    state->output = output;
    state->logs = logs;
    state->journal = journal.text();
    state->started = std::chrono::system_clock::now();
    return state;
  }
};

std::string describe(const prediction_event& event) {
  using kind = prediction_event::kind;
  auto text = std::to_string(event.position) + " ";
  for (auto& file : event.files)
    text += "file " + std::to_string(event.first_file) + " at " + std::to_string(file.at.offset) + " ";
  text += std::string{event.text.text};
  if (event.what == kind::start)
    return text + "start " + event.name;
  if (event.what == kind::output)
    return text + " output " + std::to_string(event.index);
  if (event.what == kind::log)
    return text + (event.from_stderr ? " stderr" : " stdout");
  if (event.what == kind::metric)
    return text + " metric " + event.name + " " + std::to_string(event.mode);
  return event.what == kind::completed ? "end " + event.end->id : "?";
}

std::vector<std::string> told(event_replay replay) {
  std::vector<std::string> list;
  while (auto event = replay.next())
    list.push_back(describe(*event));
  return list;
}

using strings = std::vector<std::string>;

output_file file_at(size_t offset) {
  output_file file;
  file.at = {offset, 3};
  return file;
}

/// A result that has come whole.
snapshot_ptr result(prediction_output::shape form, std::string json, std::vector<output_file> files = {}) {
  telling nothing;
  nothing.output.form = form;
  nothing.output.json = std::move(json);
  nothing.output.files = std::move(files);
  return nothing.state(prediction_status::succeeded);
}

}   // namespace

TEST_CASE("event_replay: all comes in the order in which it happened, each with its own bytes") {
  telling prediction;
  prediction.journal.add(entry_kind::start);
  prediction.log("one\\n");
  prediction.chunk("1");
  prediction.chunk(R"("two")");
  prediction.log("bad", entry_kind::error_log);
  prediction.journal.add_metric(1, "a.b", "0.5");
  prediction.chunk("[3]");
  strings events{"1 start a",    "2 one\\n stdout",    "3 1 output 0",  "4 \"two\" output 1",
                 "5 bad stderr", "6 0.5 metric a.b 1", "7 [3] output 2"};
  CHECK(told(event_replay{prediction.state()}) == events);
  events.emplace_back("end a");
  CHECK(told(event_replay{prediction.state(prediction_status::failed)}) == events);
  CHECK(event_replay{prediction.state(prediction_status::failed)}.has_end());
  CHECK_FALSE(event_replay{prediction.state()}.has_end());
}

TEST_CASE("event_replay: goes on after any event, and tells all when there is no such event") {
  telling prediction;
  prediction.journal.add(entry_kind::start);
  for (auto text : {"1", "2", "3"})
    prediction.chunk(text);
  auto state = prediction.state(prediction_status::canceled);
  auto all = told(event_replay{state});
  REQUIRE(all.size() == 5);
  for (uint64_t after = 0; after <= 4; ++after)
    CHECK(told(event_replay{state, after}) == strings(all.begin() + static_cast<std::ptrdiff_t>(after), all.end()));
  CHECK(told(event_replay{state, 5}) == all);
  CHECK(told(event_replay{state, UINT64_MAX}) == all);
}

TEST_CASE("event_replay: ten thousand pieces of any size, over as many blocks as that takes") {
  telling prediction;
  prediction.journal.add(entry_kind::start);
  strings chunks;
  for (int i = 0; i < 10'000; ++i) {
    chunks.push_back(std::to_string(i) + std::string(i % 997 == 0 ? 40'000 : i % 200, '0'));
    prediction.chunk(chunks.back());
  }
  event_replay replay{prediction.state(), 1};
  for (auto& chunk : chunks) {
    auto event = replay.next();
    REQUIRE(event);
    REQUIRE(event->text.text == chunk);
  }
  CHECK_FALSE(replay.next());
  CHECK(prediction.journal.text().size() < 3 * chunks.size());
}

TEST_CASE("event_replay: a start for which there was no room is told all the same") {
  telling prediction;
  prediction.log("x");
  CHECK(told(event_replay{prediction.state()}) == strings{"1 start a", "2 x stdout"});
}

TEST_CASE("event_replay: one that never began has an end and no more") {
  auto waited = std::make_shared<prediction_snapshot>();
  waited->id = "a";
  CHECK(told(event_replay{waited}).empty());
  waited->status = prediction_status::canceled;
  CHECK(told(event_replay{waited}) == strings{"end a"});
}

TEST_CASE("event_replay: a value is told as one chunk, null as none, a list that came whole item by item") {
  using shape = prediction_output::shape;
  CHECK(told(event_replay{result(shape::value, R"({"a":[1,2]})", {file_at(5)})}) ==
        strings{"1 start a", R"(2 file 0 at 5 {"a":[1,2]} output 0)", "end a"});
  CHECK(told(event_replay{result(shape::value, "null")}) == strings{"1 start a", "end a"});
  CHECK(told(event_replay{result(shape::chunks, "")}) == strings{"1 start a", "end a"});
  CHECK(told(event_replay{result(shape::chunks, R"("a,\"]",[1,{"b":2}],"f",4)", {file_at(20)})}) ==
        strings{"1 start a", R"(2 "a,\"]" output 0)", R"(3 [1,{"b":2}] output 1)", R"(4 file 0 at 0 "f" output 2)",
                "5 4 output 3", "end a"});
}

TEST_CASE("event_replay: files have their numbers, and places in their chunks") {
  telling prediction;
  prediction.chunk(R"("f")", {file_at(0)});
  prediction.chunk("1");
  prediction.chunk(R"(["g","h"])", {file_at(1), file_at(5)});
  auto events = told(event_replay{prediction.state()});
  CHECK(events[1] == R"(2 file 0 at 0 "f" output 0)");
  CHECK(events[3] == R"(4 file 1 at 1 file 1 at 5 ["g","h"] output 2)");
}

TEST_CASE("event_journal: what does not fit is not added") {
  auto account = std::make_shared<memory_account>(10'000);
  event_journal journal{account};
  CHECK(journal.add(entry_kind::log, 7));
  CHECK(journal.allocated() == account->used());
  auto before = journal.text().size();
  CHECK_FALSE(journal.add_metric(0, "m", std::string(20'000, '1')).holder);
  CHECK(journal.text().size() == before);
}
