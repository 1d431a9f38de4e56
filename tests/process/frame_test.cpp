#include "process/frame.hpp"
#include <algorithm>
#include <cstring>
#include <doctest/doctest.h>

using namespace cog;
using namespace std::string_literals;

namespace {

template <class T>
std::string bytes_of(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

std::string whole(frame_kind kind, const std::string& payload) {
  return bytes_of(static_cast<uint32_t>(payload.size())) + bytes_of(kind) + payload;
}

void feed(frame_reader& reader, std::string_view bytes) {
  auto room = reader.prepare();
  REQUIRE(room.size() >= bytes.size());
  std::memcpy(room.data(), bytes.data(), bytes.size());
  reader.commit(bytes.size());
}

/// All frames of a stream that arrives in pieces of `step` bytes.
std::vector<std::pair<frame_kind, std::string>> read_in_steps(std::string_view stream, size_t step) {
  frame_reader reader;
  std::vector<std::pair<frame_kind, std::string>> frames;
  while (!stream.empty()) {
    auto piece = stream.substr(0, std::min(step, reader.prepare().size()));
    feed(reader, piece);
    stream.remove_prefix(piece.size());
    while (auto frame = reader.next())
      frames.emplace_back(frame->kind, frame->payload);
  }
  return frames;
}

}   // namespace

TEST_CASE("frame: a run frame is a prefix with the input behind it") {
  auto prefix = run_prefix(7, R"({"a":1})", 12);
  CHECK(prefix ==
        bytes_of(uint32_t{8 + 4 + 7 + 12}) + "\x01" + bytes_of(uint64_t{7}) + bytes_of(uint32_t{7}) + R"({"a":1})");
  CHECK(run_prefix(1, "", 2) == bytes_of(uint32_t{14}) + "\x01" + bytes_of(uint64_t{1}) + bytes_of(uint32_t{0}));
}

TEST_CASE("frame: the meta of a run has only the members that say something") {
  std::vector<std::string> none, two{"/image", "/a\"b"};
  CHECK(run_meta("", none) == "");
  CHECK(run_meta("{}", none) == "");
  CHECK(run_meta(R"({"k":"v"})", none) == R"({"context":{"k":"v"}})");
  CHECK(run_meta("{}", two) == R"({"files":["/image","/a\"b"]})");
  CHECK(run_meta(R"({"k":"v"})", two) == R"({"context":{"k":"v"},"files":["/image","/a\"b"]})");
  CHECK(run_meta("{}", none, "00-ab", "") == R"({"traceparent":"00-ab"})");
  CHECK(run_meta("{}", two, "00-ab", "k=v") ==
        R"({"files":["/image","/a\"b"],"traceparent":"00-ab","tracestate":"k=v"})");
}

TEST_CASE("frame: the frames of the control socket carry one number or nothing") {
  CHECK(cancel_frame(5) == whole(frame_kind::cancel, bytes_of(uint64_t{5})));
  CHECK(healthcheck_frame(6) == whole(frame_kind::healthcheck, bytes_of(uint64_t{6})));
  CHECK(ping_frame(7) == whole(frame_kind::ping, bytes_of(uint64_t{7})));
  CHECK(end_frame() == whole(frame_kind::end, ""));
}

TEST_CASE("frame: hello tells protocol, process and versions") {
  auto hello = parse_hello(R"({"protocol":7,"pid":42,"python":"3.11.2","sdk":"0.23.1"})");
  REQUIRE(hello);
  CHECK(hello->protocol == 7);
  CHECK(hello->pid == 42);
  CHECK(hello->python == "3.11.2");
  CHECK(hello->sdk == "0.23.1");
  CHECK_FALSE(parse_hello("hello"));
  CHECK_FALSE(parse_hello("[]"));
}

TEST_CASE("frame: described tells what the model is, and its document") {
  auto info = R"({"async":true,"concurrency":4,"healthcheck":true,"streaming":false,"training":false})"s;
  auto described = parse_described(bytes_of(static_cast<uint32_t>(info.size())) + info + R"({"openapi":"3.0.2"})");
  REQUIRE(described);
  CHECK(described->async);
  CHECK(described->healthcheck);
  CHECK_FALSE(described->streaming);
  CHECK(described->concurrency == 4);
}

TEST_CASE("frame: described without a concurrency gives none") {
  auto info = R"({"async":false,"concurrency":null,"healthcheck":false,"streaming":true,"training":true})"s;
  auto payload = bytes_of(static_cast<uint32_t>(info.size())) + info + "{}";
  auto described = parse_described(payload);
  REQUIRE(described);
  CHECK(described->concurrency == 0);
  CHECK(described->streaming);
  CHECK(described->training);
  CHECK(described->document == "{}");
  CHECK_FALSE(parse_described(std::string_view{payload}.substr(0, 20)));
}

TEST_CASE("frame: setup_failed tells error and traceback") {
  auto failed = parse_setup_failed(R"({"error":"E: x","traceback":"line 1\nline 2"})");
  REQUIRE(failed);
  CHECK(failed->error == "E: x");
  CHECK(failed->traceback == "line 1\nline 2");
  CHECK_FALSE(failed->shortage);
  failed = parse_setup_failed(R"({"error":"E: x","traceback":"","shortage":true})");
  REQUIRE(failed);
  CHECK(failed->shortage);
}

TEST_CASE("frame: an output is a chunk with the files in it") {
  auto files = R"([[1,4,"/t/a.png","image/png"],[6,5,"/t/b","text/plain"]])"s;
  auto payload = bytes_of(uint64_t{3}) + bytes_of(static_cast<uint32_t>(files.size())) + files + R"(["f0","f-1"])";
  auto output = parse_output(payload);
  REQUIRE(output);
  CHECK(output->number == 3);
  CHECK(output->chunk == R"(["f0","f-1"])");
  REQUIRE(output->files.size() == 2);
  CHECK(output->files[0].path == "/t/a.png");
  CHECK(output->files[0].mime == "image/png");
  CHECK(output->files[1].at.offset == 6);
  CHECK(output->files[1].at.length == 5);
}

TEST_CASE("frame: an output without files") {
  auto output = parse_output(bytes_of(uint64_t{3}) + bytes_of(uint32_t{0}) + "\"x\"");
  REQUIRE(output);
  CHECK(output->files.empty());
}

TEST_CASE("frame: files that are no strings of the output in order make it malformed") {
  auto parse = [](const std::string& files) {
    return parse_output(bytes_of(uint64_t{3}) + bytes_of(static_cast<uint32_t>(files.size())) + files +
                        R"(["f0","f1"])");
  };
  CHECK(parse(R"([[1,4,"/a","m"],[6,4,"/b","m"]])"));
  CHECK_FALSE(parse(R"([[6,4,"/a","m"],[1,4,"/b","m"]])"));   // not ascending
  CHECK_FALSE(parse(R"([[1,40,"/a","m"]])"));                 // past the end
  CHECK_FALSE(parse(R"([[18446744073709551615,4,"/a","m"]])"));
  CHECK_FALSE(parse(R"([[2,4,"/a","m"]])"));   // no string there
  CHECK_FALSE(parse(R"([[1,4,"/a"]])"));
  CHECK_FALSE(parse(R"([[-1,4,"/a","m"]])"));
  CHECK_FALSE(parse("nothing"));
}

TEST_CASE("frame: a log has a source and a text") {
  auto payload = bytes_of(uint64_t{9}) + "\x02" + "oops\n";
  auto log = parse_log(payload);
  REQUIRE(log);
  CHECK(log->number == 9);
  CHECK(log->source == log_source::err);
  CHECK(log->text == "oops\n");
  CHECK_FALSE(parse_log(bytes_of(uint64_t{9}) + "\x03"));
  CHECK_FALSE(parse_log(bytes_of(uint64_t{9})));
}

TEST_CASE("frame: a metric has a mode, a name and a value") {
  auto payload = bytes_of(uint64_t{9}) + "\x01" + bytes_of(uint16_t{6}) + "tokens" + "12";
  auto metric = parse_metric(payload);
  REQUIRE(metric);
  CHECK(metric->mode == metric_mode::increment);
  CHECK(metric->name == "tokens");
  CHECK(metric->value == "12");
  CHECK_FALSE(parse_metric(bytes_of(uint64_t{9}) + "\x01" + bytes_of(uint16_t{60}) + "tokens"));
  CHECK_FALSE(parse_metric(bytes_of(uint64_t{9}) + "\x03" + bytes_of(uint16_t{0})));
}

TEST_CASE("frame: done has a status, a shape, files and a rest") {
  auto files = R"([[0,3,"/a","m"]])"s;
  auto payload = bytes_of(uint64_t{9}) + "\x00\x01"s + bytes_of(static_cast<uint32_t>(files.size())) + files + R"("f")";
  auto done = parse_done(payload);
  REQUIRE(done);
  CHECK(done->status == done_status::succeeded);
  CHECK(done->shape == done_shape::value);
  CHECK(done->files.size() == 1);
  CHECK(done->rest == R"("f")");
  auto failed_payload = bytes_of(uint64_t{9}) + "\x01\x00\x00\x00\x00\x00"s + "ValueError: x";
  auto failed = parse_done(failed_payload);
  REQUIRE(failed);
  CHECK(failed->status == done_status::failed);
  CHECK(failed->rest == "ValueError: x");
  CHECK_FALSE(parse_done(bytes_of(uint64_t{9}) + "\x04\x00\x00\x00\x00\x00"s));
  CHECK_FALSE(parse_done(bytes_of(uint64_t{9}) + "\x00\x03\x00\x00\x00\x00"s));
  CHECK_FALSE(parse_done(bytes_of(uint64_t{9}) + "\x00"s));
}

TEST_CASE("frame: health and pong answer questions") {
  auto payload = bytes_of(uint64_t{4}) + "\x00"s + "no memory";
  auto health = parse_health(payload);
  REQUIRE(health);
  CHECK(health->question == 4);
  CHECK_FALSE(health->healthy);
  CHECK(health->text == "no memory");
  CHECK(parse_pong(bytes_of(uint64_t{5})) == 5);
  CHECK_FALSE(parse_pong("123"));
}

TEST_CASE("frame: what is malformed is refused, whatever is wrong with it") {
  auto number = bytes_of(uint64_t{3});
  auto none = bytes_of(uint32_t{0});
  auto done = [&](char status, char shape, const std::string& rest) {
    return parse_done(number + status + shape + none + rest).has_value();
  };
  CHECK(done(0, 0, ""));
  CHECK(done(0, 1, "1"));
  CHECK(done(0, 2, "[]"));
  CHECK(done(1, 0, "the error"));
  CHECK(done(2, 0, ""));
  CHECK_FALSE(done(0, 0, "1"));   // the chunks were sent before
  CHECK_FALSE(done(0, 1, ""));
  CHECK_FALSE(done(0, 2, ""));
  CHECK_FALSE(done(0, 2, "["));
  CHECK_FALSE(done(0, 2, "{}"));
  CHECK_FALSE(done(0, 3, "1"));
  CHECK(done(3, 0, ""));   // of a batch, which runs again in parts
  CHECK_FALSE(done(4, 0, ""));
  CHECK_FALSE(parse_done(bytes_of(uint64_t{0}) + "\0\1"s + none + "1"));
  CHECK_FALSE(parse_done(number + "\0\1"s + bytes_of(uint32_t{9}) + "1"));   // longer than the frame

  CHECK_FALSE(parse_output(number + none));   // an empty chunk is no JSON
  CHECK_FALSE(parse_output(bytes_of(uint64_t{0}) + none + "1"));
  CHECK_FALSE(parse_output(number + bytes_of(uint32_t{4}) + "[[1]"));
  CHECK_FALSE(
    parse_output(number + bytes_of(uint32_t{17}) + R"([[0,2,"/a","m"]]")" + "\"x"));   // the string has no end

  auto metric = [&](const std::string& name, const std::string& value) {
    return parse_metric(number + '\0' + bytes_of(static_cast<uint16_t>(name.size())) + name + value).has_value();
  };
  CHECK(metric("m", "1"));
  CHECK_FALSE(metric("", "1"));
  CHECK_FALSE(metric("m", ""));

  CHECK_FALSE(parse_hello("{"));
  CHECK_FALSE(parse_hello("[]"));
  CHECK_FALSE(parse_hello(R"({"protocol":"2"})"));
  CHECK_FALSE(parse_hello(R"({"protocol":2,"python":3})"));
  auto described = [](const std::string& info) {
    return parse_described(bytes_of(static_cast<uint32_t>(info.size())) + info + "{}").has_value();
  };
  CHECK(described(R"({"async":true,"concurrency":null})"));
  CHECK_FALSE(described(R"({"async":1})"));
  CHECK_FALSE(described(R"({"concurrency":-1})"));
  CHECK_FALSE(described("nothing"));
  CHECK_FALSE(parse_described(bytes_of(uint32_t{99}) + "{}"));
  CHECK(parse_setup_failed(R"({"error":"e","traceback":"t","line":"l"})")->line == "l");
  CHECK_FALSE(parse_setup_failed(R"({"error":1})"));
  CHECK_FALSE(parse_setup_failed(""));
  CHECK_FALSE(parse_log("short"));
  CHECK_FALSE(parse_log(number + '\0'));
  CHECK_FALSE(parse_health(number + '\2'));
  CHECK_FALSE(parse_health("short"));
  CHECK_FALSE(parse_pong("short"));
  CHECK_FALSE(parse_pong(number + "more"));
}

TEST_CASE("frame reader: cuts a stream into frames wherever it is split") {
  auto stream =
    whole(frame_kind::ready, "") + whole(frame_kind::log, std::string(100, 'x')) + whole(frame_kind::done, "end");
  for (size_t step : {1u, 2u, 4u, 5u, 6u, 50u, 1000u}) {
    auto frames = read_in_steps(stream, step);
    REQUIRE(frames.size() == 3);
    CHECK(frames[0] == std::pair{frame_kind::ready, ""s});
    CHECK(frames[1] == std::pair{frame_kind::log, std::string(100, 'x')});
    CHECK(frames[2] == std::pair{frame_kind::done, "end"s});
  }
}

TEST_CASE("frame reader: a whole frame is a view into the bytes as they were read") {
  frame_reader reader;
  auto stream = whole(frame_kind::log, "abc") + whole(frame_kind::log, "def");
  auto* start = reader.prepare().data();
  feed(reader, stream);
  CHECK(reader.next()->payload.data() == start + 5);
  CHECK(reader.next()->payload.data() == start + 13);
}

TEST_CASE("frame reader: the buffer grows for a big frame and shrinks after it") {
  frame_reader reader;
  std::string payload(3'000'000, 'y');
  auto stream = whole(frame_kind::output, payload);
  feed(reader, std::string_view{stream}.substr(0, 1000));
  CHECK_FALSE(reader.next());
  CHECK(reader.prepare().size() >= stream.size() - 1000);
  feed(reader, std::string_view{stream}.substr(1000));
  CHECK(reader.next()->payload == payload);
  reader.prepare();
  CHECK(reader.capacity() == frame_reader::smallest_buffer);
}

TEST_CASE("frame reader: many frames that fill the buffer again and again") {
  std::string stream;
  for (int i = 0; i < 200; ++i)
    stream += whole(frame_kind::log, std::string(static_cast<size_t>(i * 13), static_cast<char>(i)));
  auto frames = read_in_steps(stream, 60'000);
  REQUIRE(frames.size() == 200);
  for (int i = 0; i < 200; ++i)
    CHECK(frames[static_cast<size_t>(i)].second == std::string(static_cast<size_t>(i * 13), static_cast<char>(i)));
}

TEST_CASE("frame reader: a frame over the limit breaks the stream") {
  frame_reader reader;
  feed(reader, bytes_of(uint32_t{0x40000001}) + "\x20");
  CHECK_FALSE(reader.next());
  CHECK(reader.problem() == "a frame of 1073741825 bytes is over the limit of 1 GiB");
  feed(reader, whole(frame_kind::ready, ""));
  CHECK_FALSE(reader.next());
}
