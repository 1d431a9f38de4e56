#include "http/dialects/dialect.hpp"
#include "http/dialects/dialect_error.hpp"
#include "http/dialects/event_stream.hpp"
#include "http/dialects/form_data.hpp"
#include "http/dialects/input_maker.hpp"
#include "http/dialects/stop_filter.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

/// The pieces through the filter, joined, and what it held back to the end.
std::string filtered(stop_filter& filter, std::initializer_list<std::string_view> pieces) {
  std::string out;
  for (auto piece : pieces)
    out += filter.add(piece);
  return out;
}

const dialect_row* row(std::string_view method, std::string_view path, const api_config& served = {}) {
  return find_dialect(method, path, served).row;
}

}   // namespace

TEST_CASE("stop filter: a string that is spread over pieces ends the text before it") {
  stop_filter filter{{"STOP"}};
  CHECK(filtered(filter, {"one S", "TO", "P two"}) == "one ");
  CHECK(filter.has_stopped());
  CHECK(filter.finish().empty());
}

TEST_CASE("stop filter: what only begins like one comes in the end") {
  stop_filter filter{{"STOP", "ab"}};
  CHECK(filtered(filter, {"STO", "NE a"}) == "STONE ");
  CHECK_FALSE(filter.has_stopped());
  CHECK(filter.finish() == "a");
}

TEST_CASE("form: parts with and without files, lists, odd names") {
  std::string problem;
  std::string body =
    "preamble\r\n--b\r\nContent-Disposition: form-data; name=\"x[]\"\r\n\r\none\r\n--b\r\n"
    "content-disposition: form-data; name=file; filename=\"a \\\"b\\\".wav\"\r\n"
    "Content-Type: audio/wav\r\n\r\n\r\n--c\r\n\r\n--b--\r\nepilogue";
  auto parts = read_form("multipart/form-data; boundary=b", body, problem);
  REQUIRE(parts);
  REQUIRE(parts->size() == 2);
  CHECK(parts->at(0).name == "x");
  CHECK(parts->at(0).body == "one");
  CHECK_FALSE(parts->at(0).is_file);
  CHECK(parts->at(1).file_name == "a \"b\".wav");
  CHECK(parts->at(1).type == "audio/wav");
  CHECK(parts->at(1).body == "\r\n--c\r\n");
}

TEST_CASE("form: what has no end, no boundary or no name is refused") {
  std::string problem;
  CHECK_FALSE(read_form("multipart/form-data", "--b--", problem));
  CHECK_FALSE(read_form("multipart/form-data; boundary=b", "", problem));
  CHECK_FALSE(read_form("multipart/form-data; boundary=b", "--b\r\nX: y\r\n\r\nz\r\n--b--", problem));
  CHECK_FALSE(read_form("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nz",
                        problem));
  CHECK(problem == "the form has no sound end, or a part without a name");
  CHECK(read_form("multipart/form-data; boundary=\"b\"", "--b--", problem)->empty());
}

TEST_CASE("dialects: paths are matched raw and decoded afterwards; the query is not looked at") {
  auto model = find_dialect("GET", "/v1/models/org%2Fm?x=1", {});
  REQUIRE(model.row);
  CHECK(model.words == path_words{"org/m"});
  auto pair = find_dialect("GET", "/v1/models/org/m", {});
  REQUIRE(pair.row);
  CHECK(pair.row->which == dialect::replicate);
  CHECK(pair.words == path_words{"org", "m"});
  auto tagged = find_dialect("POST", "/v1/models/a:b:predict", {});
  REQUIRE(tagged.row);
  CHECK(tagged.words == path_words{"a:b"});
  CHECK(row("POST", "/v2/models/m/versions/1/infer"));
  CHECK(row("HEAD", "/ping"));
  CHECK(row("POST", "/invoke/v1/chat/completions"));
  CHECK_FALSE(row("GET", "/v1/models/"));
  CHECK_FALSE(row("POST", "/v1/models/:predict"));
  CHECK_FALSE(row("GET", "/v1/chat/completions/x"));
}

TEST_CASE("dialects: a wrong method tells the right one; what is off is not there") {
  CHECK(find_dialect("GET", "/v1/chat/completions", {}).allow == "POST");
  api_config served;
  served.off = {"openai", "kserve"};
  CHECK_FALSE(row("POST", "/v1/chat/completions", served));
  CHECK_FALSE(row("GET", "/v2", served));
  CHECK(row("POST", "/v1/predictions", served));
}

TEST_CASE("dialects: each fault has a status in each shape, and a client that may retry is told when") {
  for (int fault = 0; fault <= static_cast<int>(dialect_fault::no_key); ++fault)
    for (size_t which = 0; which < dialect_names.size(); ++which) {
      auto response = render_error(static_cast<dialect>(which), {static_cast<dialect_fault>(fault), "why", "x"});
      CHECK(response.status >= 400);
      CHECK(response.body.find("why") != std::string::npos);
    }
  auto full = render_error(dialect::openai, {dialect_fault::full, "full", {}, 7});
  CHECK(full.status == 429);
  CHECK(full.more_headers == std::vector<std::string>{"retry-after: 7"});
  auto raised = render_error(dialect::openai, {dialect_fault::failed, "it", {}});
  CHECK(raised.more_headers == std::vector<std::string>{"x-should-retry: false"});
  CHECK(raised.body == R"({"error":{"message":"it","type":"server_error","param":null,"code":"prediction_failed"}})");
  CHECK(render_error(dialect::kserve, {dialect_fault::full, "full", {}}).status == 503);
  CHECK(render_error(dialect::huggingface, {dialect_fault::full, "full", {}}).body ==
        R"({"error":"full","error_type":"overloaded"})");
  CHECK(render_error(dialect::replicate, {dialect_fault::not_found, "no", {}}).body ==
        R"({"title":"Not found","detail":"no","status":404})");
}

TEST_CASE("data urls: a type that is not said is found by the first bytes") {
  CHECK(data_url("\x89PNG", {}).starts_with("data:image/png;base64,"));
  CHECK(data_url("RIFF0000WAVE", "application/octet-stream", "my dog.wav")
          .starts_with("data:audio/wav;name=my%20dog.wav;base64,"));
  CHECK(data_url("x", "text/plain; charset=utf-8") == "data:text/plain;base64,eA==");
}

TEST_CASE("event stream frames: lengths and checksums as Amazon has them") {
  using namespace std::literals;
  CHECK(event_stream_frame({}, "") == "\0\0\0\x10\0\0\0\0\x05\xc2\x48\xeb\x7d\x98\xc8\xff"s);
}
