#include "http/answer_writer.hpp"
#include "http/reader_watch.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

using step = answer_writer::step;
using kind = prediction_event::kind;

/// Writes at most `most` bytes at a time until something else is to be done.
std::string drain(answer_writer& writer, step& last, size_t most = std::string::npos) {
  std::string out;
  while ((last = writer.next()) == step::write) {
    auto piece = writer.bytes().substr(0, most);
    out += piece;
    writer.wrote(piece.size());
  }
  return out;
}

stream_order unchunked(std::optional<event_replay> before = {}) {
  stream_order order;
  order.chunked = false;
  order.before = std::move(before);
  return order;
}

event_ptr make_event(kind what, std::string text) {
  auto event = std::make_shared<prediction_event>();
  event->what = what;
  event->text = make_slice(std::move(text));
  return event;
}

}   // namespace

TEST_CASE("answer_writer: a head, then the body, however little is taken at a time") {
  for (size_t most : {size_t{1}, size_t{7}, std::string::npos}) {
    answer_writer writer;
    writer.start(http_response{}, {"one", "two"}, true, false);
    step last{};
    auto out = drain(writer, last, most);
    CHECK(last == step::done);
    CHECK(out.starts_with("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 6\r\ndate: "));
    CHECK(out.ends_with("\r\n\r\nonetwo"));
  }
}

TEST_CASE("answer_writer: a long text is written from where it lies, and held until it is written") {
  auto text = std::make_shared<std::string>(1'000'000, 'x');
  std::weak_ptr<std::string> held{text};
  answer_writer writer;
  writer.start(http_response{}, {"[", text_slice{text, *text}, "]"}, true, false);
  text = nullptr;
  CHECK(writer.next() == step::write);
  CHECK_FALSE(held.expired());
  step last{};
  auto out = drain(writer, last, 10'000);
  CHECK(out.ends_with("\r\n\r\n[" + std::string(1'000'000, 'x') + "]"));
  writer.finish();
  CHECK(held.expired());
}

TEST_CASE("answer_writer: of a body that is not wanted the length is told") {
  answer_writer writer;
  writer.start(http_response{}, {"one", "two"}, false, true);
  step last{};
  auto out = drain(writer, last);
  CHECK(out.find("content-length: 6\r\n") != out.npos);
  CHECK(out.find("connection: close\r\n") != out.npos);
  CHECK(out.ends_with("\r\n\r\n"));
}

TEST_CASE("answer_writer: a file is asked for in pieces") {
  answer_writer writer;
  uint64_t size = 2'000'000;
  writer.start(http_response{}, {"[", output_file{{}, "f", "a/b", size}, "]"}, true, false);
  std::string out;
  uint64_t asked = 0;
  for (step last{}; last != step::done;) {
    out += drain(writer, last, 1000);
    if (last == step::encode) {
      CHECK(writer.piece().offset == asked);
      asked += writer.piece().length;
      writer.add_encoded("<" + std::to_string(writer.piece().offset) + ">");
    }
  }
  CHECK(asked == size);
  CHECK(out.ends_with("[\"data:a/b;base64,<0><786432><1572864>\"]"));
}

TEST_CASE("answer_writer: a stream waits for events, and ends behind the last one") {
  answer_writer writer;
  writer.start_stream({}, true);
  step last{};
  drain(writer, last);
  CHECK(last == step::wait);
  CHECK_FALSE(writer.is_all_told());
  writer.add_event(make_event(kind::log, "a"));
  CHECK_FALSE(drain(writer, last).empty());
  CHECK(last == step::wait);
  writer.add_event(make_event(kind::truncated, {}));
  CHECK(writer.is_all_told());
  CHECK_FALSE(writer.has_ended());
  CHECK(drain(writer, last).ends_with("\r\n0\r\n\r\n"));
  CHECK(last == step::done);
  CHECK(writer.has_ended());
  writer.finish();
  CHECK_FALSE(writer.has_ended());
  CHECK_FALSE(writer.is_all_told());
}

TEST_CASE("answer_writer: small events go out together, of large ones no more than a piece is held") {
  answer_writer writer;
  writer.start_stream({}, true);
  step last{};
  drain(writer, last);
  for (int i = 0; i < 1000; ++i)
    writer.add_event(make_event(kind::log, std::string(100, 'a')));
  int writes = 0;
  while (writer.next() == step::write) {
    ++writes;
    CHECK(writer.bytes().size() < 20'000);
    writer.wrote(writer.bytes().size());
  }
  CHECK(writes < 15);
  writer.add_event(make_event(kind::log, std::string(1'000'000, 'a')));
  writer.add_event(make_event(kind::truncated, {}));
  CHECK(writer.next() == step::write);
  CHECK(writer.bytes().size() < 200'000);
  CHECK(drain(writer, last).ends_with("\r\n0\r\n\r\n"));
  CHECK(last == step::done);
}

TEST_CASE("answer_writer: what happened before is told before what happens, and its end is the end") {
  auto so_far = std::make_shared<prediction_snapshot>();
  so_far->id = "x";
  event_journal journal{nullptr};
  journal.add(event_journal::entry_kind::log, 1);
  so_far->journal = journal.text();
  so_far->logs = "b";
  answer_writer writer;
  writer.start_stream(unchunked(event_replay{so_far}), false);
  writer.add_event(make_event(kind::log, "c"));
  CHECK_FALSE(writer.is_all_told());
  step last{};
  auto out = drain(writer, last);
  CHECK(last == step::wait);
  CHECK(out.find("start") < out.find(R"("b")"));
  CHECK(out.find(R"("b")") < out.find(R"("c")"));
  auto ended = std::make_shared<prediction_snapshot>(*so_far);
  ended->status = prediction_status::failed;
  answer_writer of_end;
  of_end.start_stream(unchunked(event_replay{ended}), false);
  CHECK(of_end.is_all_told());
  CHECK(drain(of_end, last).find("completed") != std::string::npos);
  CHECK(last == step::done);
}

TEST_CASE("answer_writer: what comes after the last event is not told") {
  answer_writer writer;
  writer.start_stream(unchunked(), false);
  writer.add_event(make_event(kind::truncated, {}));
  writer.add_event(make_event(kind::log, "late"));
  step last{};
  auto out = drain(writer, last);
  CHECK(last == step::done);
  CHECK(out.find("late") == out.npos);
}

TEST_CASE("answer_writer: a comment keeps a stream alive, in a chunk of its own") {
  answer_writer writer;
  writer.start_stream({}, true);
  step last{};
  drain(writer, last);
  writer.add_keep_alive();
  CHECK(drain(writer, last) == "e\r\n: keep-alive\n\n\r\n");
  CHECK(last == step::wait);
  answer_writer old;
  old.start_stream(unchunked(), false);
  drain(old, last);
  old.add_keep_alive();
  CHECK(drain(old, last) == ": keep-alive\n\n");
}

TEST_CASE("answer_writer: an event's files are held until it is written") {
  std::weak_ptr<const prediction_event> held;
  answer_writer writer;
  writer.start_stream({}, true);
  step last{};
  drain(writer, last);
  {
    auto event = make_event(kind::log, "a");
    held = event;
    writer.add_event(event);
  }
  CHECK(writer.next() == step::write);
  CHECK_FALSE(held.expired());
  drain(writer, last);
  CHECK(held.expired());
}

TEST_CASE("reader_watch: a reader that takes nothing is noticed, one that takes a byte is not") {
  reader_watch watch;
  auto now = reader_watch::clock::now();
  auto second = std::chrono::seconds{1};
  watch.begin();
  watch.put(1000);
  CHECK_FALSE(watch.is_watching());
  watch.wait(600, now);
  CHECK(watch.is_watching());
  CHECK(watch.look(600, false, now + second) == second);
  CHECK(watch.look(600, false, now + 2 * second) == 2 * second);
  CHECK(watch.look(599, false, now + 3 * second) == reader_watch::clock::duration::zero());
  CHECK(watch.look(599, false, now + 5 * second) == 2 * second);
  watch.put(100);   // they are unsent: that is no progress
  CHECK(watch.look(699, false, now + 6 * second) == 3 * second);
}

TEST_CASE("reader_watch: who follows what still runs may take its time") {
  reader_watch watch;
  auto now = reader_watch::clock::now();
  watch.put(10);
  watch.wait(10, now);
  CHECK(watch.look(10, true, now + std::chrono::hours{1}) == reader_watch::clock::duration::zero());
  CHECK(watch.look(10, false, now + std::chrono::hours{2}) == std::chrono::hours{1});
}
