// The vectors of tests/wire, which python/cog/_worker/protocol.py is tested against, too.
#include "process/frame.hpp"
#include <charconv>
#include <cstring>
#include <doctest/doctest.h>
#include <simdjson.h>

using namespace cog;
namespace dom = simdjson::dom;

namespace {

std::string text(dom::element fields, std::string_view key) {
  return std::string{std::string_view{fields[key]}};
}

uint64_t number(dom::element fields, std::string_view key) {
  return uint64_t{fields[key]};
}

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (size_t at = 0; at < hex.size(); at += 2) {
    uint8_t byte = 0;
    std::from_chars(hex.data() + at, hex.data() + at + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

/// The payload of the one frame in `bytes`.
std::string payload_of(const std::string& bytes, frame_kind kind) {
  frame_reader reader;
  auto room = reader.prepare();
  std::memcpy(room.data(), bytes.data(), bytes.size());
  reader.commit(bytes.size());
  auto frame = reader.next();
  REQUIRE(frame);
  CHECK(frame->kind == kind);
  CHECK_FALSE(reader.next());
  return std::string{frame->payload};
}

/// The meta object made again from what it says.
std::string remade(const std::string& meta) {
  if (meta.empty())
    return run_meta({}, {});
  dom::parser parser;
  dom::element object = parser.parse(meta);
  std::vector<std::string> pointers;
  for (auto pointer : dom::array{object["files"]})
    pointers.emplace_back(std::string_view{pointer});
  return run_meta(simdjson::minify(dom::element{object["context"]}), pointers);
}

void check_files(const std::vector<output_file>& files, const std::string& json) {
  dom::parser parser;
  dom::array expected;
  if (!json.empty())
    REQUIRE(parser.parse(json).get(expected) == simdjson::SUCCESS);
  REQUIRE(files.size() == (json.empty() ? 0 : expected.size()));
  for (size_t i = 0; i < files.size(); ++i) {
    CHECK(files[i].at.offset == uint64_t{expected.at(i).at(0)});
    CHECK(files[i].at.length == uint64_t{expected.at(i).at(1)});
    CHECK(files[i].path == std::string_view{expected.at(i).at(2)});
    CHECK(files[i].mime == std::string_view{expected.at(i).at(3)});
  }
}

void check_run(const std::string& bytes, dom::element fields) {
  auto meta = text(fields, "meta"), input = text(fields, "input");
  CHECK(remade(meta) == meta);
  CHECK(run_prefix(number(fields, "number"), meta, input.size()) + input == bytes);
}

void check_hello(const std::string& payload) {
  auto hello = parse_hello(payload);
  REQUIRE(hello);
  CHECK(hello->protocol == protocol_version);
  CHECK(hello->pid == 4242);
  CHECK(hello->python == "3.11.2");
  CHECK(hello->sdk == "0.23.1");
}

void check_described(const std::string& payload, dom::element fields) {
  auto described = parse_described(payload);
  REQUIRE(described);
  CHECK_FALSE(described->async);
  CHECK(described->healthcheck);
  CHECK(described->concurrency == 0);
  CHECK(described->document == text(fields, "document"));
  if (text(fields, "info").find("batch") == std::string::npos) {
    CHECK(described->batch.max_size == 0);
    return;
  }
  CHECK(described->batch.max_size == 8);
  CHECK(described->batch.max_wait_ms == 5);
  CHECK(described->batch.key == std::vector<std::string>{"width"});
  CHECK_FALSE(described->batch.isolate);
}

void check_setup_failed(const std::string& payload) {
  auto failed = parse_setup_failed(payload);
  REQUIRE(failed);
  CHECK(failed->error == "setup failed: RuntimeError: no weights");
  CHECK(failed->traceback == "Traceback (most recent call last):\nRuntimeError: no weights\n");
}

void check_output(const std::string& payload, dom::element fields) {
  auto output = parse_output(payload);
  REQUIRE(output);
  CHECK(output->number == number(fields, "number"));
  CHECK(output->chunk == text(fields, "chunk"));
  check_files(output->files, text(fields, "files"));
}

void check_log(const std::string& payload, dom::element fields) {
  auto log = parse_log(payload);
  REQUIRE(log);
  CHECK(log->number == number(fields, "number"));
  CHECK(static_cast<uint64_t>(log->source) == number(fields, "source"));
  CHECK(log->text == text(fields, "text"));
}

void check_metric(const std::string& payload, dom::element fields) {
  auto metric = parse_metric(payload);
  REQUIRE(metric);
  CHECK(metric->number == number(fields, "number"));
  CHECK(static_cast<uint64_t>(metric->mode) == number(fields, "mode"));
  CHECK(metric->name == text(fields, "name"));
  CHECK(metric->value == text(fields, "value"));
}

void check_done(const std::string& payload, dom::element fields) {
  auto done = parse_done(payload);
  REQUIRE(done);
  CHECK(done->number == number(fields, "number"));
  CHECK(static_cast<uint64_t>(done->status) == number(fields, "status"));
  CHECK(static_cast<uint64_t>(done->shape) == number(fields, "shape"));
  CHECK(done->rest == text(fields, "rest"));
  check_files(done->files, text(fields, "files"));
}

void check_health(const std::string& payload, dom::element fields) {
  auto health = parse_health(payload);
  REQUIRE(health);
  CHECK(health->question == number(fields, "question"));
  CHECK(health->healthy == (number(fields, "verdict") == 1));
  CHECK(health->text == text(fields, "text"));
}

/// What the server writes must be `bytes`; what it reads must have the `fields`.
void check(frame_kind kind, dom::element fields, const std::string& bytes) {
  auto payload = payload_of(bytes, kind);
  switch (kind) {
    case frame_kind::run:
      return check_run(bytes, fields);
    case frame_kind::batch:
      CHECK(batch_frame(static_cast<uint32_t>(number(fields, "count"))) == bytes);
      return;
    case frame_kind::cancel:
      CHECK(cancel_frame(number(fields, "number")) == bytes);
      return;
    case frame_kind::healthcheck:
      CHECK(healthcheck_frame(number(fields, "question")) == bytes);
      return;
    case frame_kind::ping:
      CHECK(ping_frame(number(fields, "question")) == bytes);
      return;
    case frame_kind::end:
      CHECK(end_frame() == bytes);
      return;
    case frame_kind::lease:
      CHECK(lease_frame(text(fields, "json")) == bytes);
      return;
    case frame_kind::poisoned:
      CHECK(payload == text(fields, "text"));
      return;
    case frame_kind::hello:
      return check_hello(payload);
    case frame_kind::described:
      return check_described(payload, fields);
    case frame_kind::ready:
      CHECK(payload.empty());
      return;
    case frame_kind::setup_failed:
      return check_setup_failed(payload);
    case frame_kind::output:
      return check_output(payload, fields);
    case frame_kind::log:
      return check_log(payload, fields);
    case frame_kind::metric:
      return check_metric(payload, fields);
    case frame_kind::done:
      return check_done(payload, fields);
    case frame_kind::health:
      return check_health(payload, fields);
    case frame_kind::pong:
      CHECK(parse_pong(payload) == number(fields, "question"));
      return;
  }
  FAIL("unknown kind");
}

}   // namespace

TEST_CASE("wire: every vector is written and read as it stands") {
  dom::parser parser;
  dom::array vectors;
  REQUIRE(parser.load(WIRE_FRAMES).get(vectors) == simdjson::SUCCESS);
  for (auto vector : vectors) {
    auto name = text(vector, "name");
    CAPTURE(name);
    check(static_cast<frame_kind>(number(vector, "kind")), vector["fields"], bytes_of(text(vector, "hex")));
  }
}
