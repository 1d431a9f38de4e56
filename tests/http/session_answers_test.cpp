#include "../support/temporary_folder.hpp"
#include "io/base64.hpp"
#include "session_support.hpp"

// Answers that are not written at once.

using namespace cog;

namespace {

using kind = prediction_event::kind;

constexpr size_t big = 20'000'000;   // more than the kernel holds for a client who reads nothing
const std::string stream_fields = "accept: text/event-stream\r\n";

std::string big_output() {
  return '"' + std::string(big, 'x') + '"';
}

/// Bytes of all values, none like its neighbours.
std::string pattern(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<char>(i * 7 + i / 251);
  return bytes;
}

output_file file_of(const std::string& path, size_t size) {
  return {{0, 2}, path, "a/b", size};
}

std::string data_url_of(const std::string& bytes) {
  std::string text = "\"data:a/b;base64,";
  append_base64(text, bytes);
  return text + '"';
}

}   // namespace

TEST_CASE_FIXTURE(served, "session: a slow reader gets everything, piece by piece") {
  write_timeout = real_seconds{30};
  auto client = predict("x", {}, {}, 65536);
  finish("x", big_output());
  auto head = parse_answer(client.read_until("\r\n\r\n"));
  auto left = std::stoul(head.fields.at("content-length"));
  CHECK(left > big);
  std::string last;
  for (; left > 0; left -= last.size())
    last = client.read(std::min<size_t>(left, 10'000));
  CHECK(last.ends_with("}"));
  CHECK(client.get("/livez").status == 200);
}

TEST_CASE_FIXTURE(served, "session: a reader that takes nothing is let go after COG_WRITE_TIMEOUT") {
  write_timeout = real_seconds{0.05};
  auto client = predict("x", {}, {}, 65536);
  auto other = connect();
  finish("x", big_output());
  CHECK(comes_to_connections(1));
  CHECK(other.get("/livez").status == 200);
}

TEST_CASE_FIXTURE(served,
                  "session: a silent reader of a stream is waited for while the prediction runs, and not after") {
  write_timeout = real_seconds{0.05};
  auto patient = predict("x", {}, stream_fields, 65536);
  auto chunk = make_event(kind::output, big_output());
  tell("x", chunk);
  tell("x", chunk);
  auto clock = predict("y", {}, {}, 65536);
  finish("y", big_output());
  CHECK(comes_to_connections(1));   // the one who was to be let go is gone; as much time has passed for the other
  CHECK_FALSE(notes.has("detach x"));
  tell("x", make_event(kind::completed, {}, make_snapshot("x")));
  CHECK(comes_to_connections(0));
}

TEST_CASE_FIXTURE(served, "session: events are told when they come, and the connection stays") {
  auto client = predict("x", {}, stream_fields);
  CHECK(parse_answer(client.read_until("\r\n\r\n")).fields["transfer-encoding"] == "chunked");
  for (auto chunk : {"1", "[2]"}) {
    tell("x", make_event(kind::output, chunk));
    CHECK(client.read_until("}\n\n\r\n").find("{\"chunk\":" + std::string{chunk}) != std::string::npos);
  }
  tell("x", make_event(kind::completed, {}, make_snapshot("x")));
  client.read_until("\r\n0\r\n\r\n");
  CHECK(client.get("/livez").status == 200);
}

TEST_CASE_FIXTURE(served, "session: a stream without events is kept alive by comments") {
  rules.config.stream_keep_alive = real_seconds{0.02};
  auto client = predict("x", {}, stream_fields);
  client.read_until("\r\n\r\n");
  CHECK(client.read_until(": keep-alive\n\n\r\n").starts_with("e\r\n"));
  client.read_until(": keep-alive\n\n\r\n");
  tell("x", make_event(kind::output, "1"));
  client.read_until("{\"chunk\":1,\"index\":0}");
}

TEST_CASE_FIXTURE(served, "session: a file is encoded into the answer, a piece at a time") {
  temporary_folder folder;
  auto bytes = pattern(1'000'000);
  write_file(folder / "f", bytes);
  auto client = predict("x");
  finish("x", "\"\"", {file_of(folder / "f", bytes.size())});
  CHECK(client.next().body.find("\"output\":" + data_url_of(bytes)) != std::string::npos);
  CHECK(notes.has("encode 0"));
  CHECK(notes.has("encode 786432"));
  CHECK(client.get("/livez").status == 200);
}

TEST_CASE_FIXTURE(served, "session: a file in an event is encoded before the next event is told") {
  temporary_folder folder;
  write_file(folder / "held", "bytes");
  auto client = predict("x", {}, stream_fields);
  client.read_until("\r\n\r\n");
  auto event = std::make_shared<prediction_event>();
  event->what = kind::output;
  event->text = make_slice("\"\"");
  event->files = {file_of(folder / "held", 5)};
  tell("x", event);
  CHECK(notes.comes("encode 0"));
  tell("x", make_event(kind::completed, {}, make_snapshot("x")));
  release_files();
  auto told = client.read_until("\r\n0\r\n\r\n");
  CHECK(told.find(data_url_of("bytes")) < told.find("event: completed"));
}

TEST_CASE_FIXTURE(served,
                  "session: an answer whose file cannot be read ends with the connection, not as if it were whole") {
  temporary_folder folder;
  auto client = predict("x");
  finish("x", '"' + std::string(100'000, 'x') + "\"", {{{99'990, 2}, folder / "gone", "a/b", 300}});
  auto head = parse_answer(client.read_until("\r\n\r\n"));
  auto rest = client.rest();
  CHECK(rest.size() > 90'000);
  CHECK(rest.size() < std::stoul(head.fields.at("content-length")));
}

TEST_CASE_FIXTURE(served, "session: a client may leave while a file is encoded for it") {
  temporary_folder folder;
  write_file(folder / "held", "bytes");
  auto client = predict("x");
  finish("x", "\"\"", {file_of(folder / "held", 5)});
  CHECK(notes.comes("encode 0"));
  client.close();
  release_files();
  CHECK(comes_to_connections(0));
}
