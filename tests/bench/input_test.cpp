#include "bench/request_text.hpp"
#include "bench/sample_input.hpp"
#include "bench/target.hpp"
#include "cli/console.hpp"
#include "prediction/schema.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

document_ptr model_with(const std::string& properties, const std::string& required) {
  std::string problem;
  auto document = make_document(R"({"components":{"schemas":{"Input":{"type":"object","properties":)" + properties +
                                  R"(,"required":)" + required +
                                  R"(},"Size":{"type":"string","enum":["small","large"]}}},"paths":{}})",
                                problem);
  REQUIRE(document);
  return document;
}

/// The value made for one required input with this schema.
std::string made(const std::string& schema) {
  auto json = bench::make_sample(*model_with(R"({"x":)" + schema + "}", R"(["x"])")->input).json;
  REQUIRE(json.starts_with("{\"x\":"));
  return json.substr(5, json.size() - 6);
}

std::string problem_with_url(const std::string& url) {
  try {
    bench::find_target(url);
  } catch (const command_error& error) {
    return error.what();
  }
  return {};
}

}   // namespace

TEST_CASE("sample input: what has a default or is optional is left out") {
  auto document = model_with(R"({"a":{"type":"string","default":"x"},"b":{"type":"integer"}})", "[]");
  CHECK(bench::make_sample(*document->input).json == "{}");
}

TEST_CASE("sample input: a value for each type and its constraints") {
  CHECK(made(R"({"type":"string"})") == "\"hello\"");
  CHECK(made(R"({"type":"string","maxLength":2})") == "\"he\"");
  CHECK(made(R"({"type":"string","minLength":8})") == "\"helloooo\"");
  CHECK(made(R"({"type":"integer"})") == "1");
  CHECK(made(R"({"type":"integer","minimum":-7,"maximum":9})") == "-7");
  CHECK(made(R"({"type":"integer","exclusiveMinimum":4})") == "5");
  CHECK(made(R"({"type":"integer","maximum":-3})") == "-3");
  CHECK(made(R"({"type":"integer","minimum":10,"multipleOf":8})") == "16");
  CHECK(made(R"({"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1})") == "0.5");
  CHECK(made(R"({"type":"boolean"})") == "false");
  CHECK(made(R"({"allOf":[{"$ref":"#/components/schemas/Size"}]})") == "\"small\"");
  CHECK(made(R"({"type":"integer","enum":[512,1024]})") == "512");
  CHECK(made(R"({"anyOf":[{"type":"integer","minimum":3},{"type":"string"}]})") == "3");
  CHECK(made(R"({"type":"array","items":{"type":"string"}})") == "[]");
  CHECK(made(R"({"type":"array","minItems":2,"items":{"type":"integer"}})") == "[1,1]");
  CHECK(made(R"({"type":"object","required":["k"],"properties":{"k":{"type":"boolean"}}})") == R"({"k":false})");
  CHECK(made("{}") == "\"hello\"");
}

TEST_CASE("sample input: a file is a small image, and said to be made") {
  auto document =
    model_with(R"({"image":{"type":"string","format":"uri"},"n":{"type":"integer"}})", R"(["image","n"])");
  auto sample = bench::make_sample(*document->input);
  CHECK(sample.json.starts_with(R"({"image":"data:image/png;base64,iVBOR)"));
  CHECK(sample.files == std::vector<std::string>{"image"});
}

TEST_CASE("sample input: what cannot be made is named with what to do") {
  auto document = model_with(R"({"code":{"type":"string","pattern":"^[A-Z]{3}$"}})", R"(["code"])");
  CHECK_THROWS_WITH_AS(bench::make_sample(*document->input),
                       "no value for the input \"code\" can be made from the model's schema; give one: -i code=...",
                       command_error);
}

TEST_CASE("target: a URL is taken apart, and its address looked at") {
  auto found = bench::find_target("http://127.0.0.1:1/base/");
  CHECK(found.host == "127.0.0.1:1");
  CHECK(found.path == "/base");
  CHECK(found.url() == "http://127.0.0.1:1/base");
  CHECK_FALSE(found.remote);
  CHECK(bench::find_target("http://[::1]:1").host == "[::1]:1");
  CHECK_FALSE(bench::find_target("http://localhost:1").remote);
  auto far = bench::find_target("http://192.0.2.7");
  CHECK(far.remote);
  CHECK(far.host == "192.0.2.7");
  CHECK_THROWS_AS(bench::refuse_remote(far), command_error);
}

TEST_CASE("target: what is no URL of a server is refused with the reason") {
  CHECK(problem_with_url("https://127.0.0.1") == "https://127.0.0.1: only http:// can be measured");
  CHECK(problem_with_url("http://:80") == "http://:80: the URL names no host and port");
  CHECK(problem_with_url("http://127.0.0.1:x") == "http://127.0.0.1:x: the URL names no host and port");
  CHECK(problem_with_url("http://127.0.0.1/?q=1") == "http://127.0.0.1/?q=1: give scheme, host, port and path alone");
}

TEST_CASE("request: the number is written into the webhook, and the length stays right") {
  bench::load_settings settings{.headers = {{"X-Key", "v"}}, .kind = bench::traffic::webhooks};
  bench::request_text text{settings, "h:1", R"({"a":1})", "http://127.0.0.1:9/"};
  REQUIRE(text.is_numbered());
  auto request = text.start();
  text.put_number(request, 42);
  auto body = request.substr(request.find("\r\n\r\n") + 4) + text.rest();
  CHECK(body ==
        R"({"webhook":"http://127.0.0.1:9/000000000042","webhook_events_filter":["completed"],"input":{"a":1}})");
  CHECK(body.size() == text.body_size());
  CHECK(request.find("Content-Length: " + std::to_string(body.size()) + "\r\n") != request.npos);
  CHECK(request.find("\r\nPrefer: respond-async\r\nX-Key: v\r\n") != request.npos);
  text.put_number(request, 123456789012);
  CHECK(request.find("/123456789012\"") != request.npos);
}

TEST_CASE("request: a long body is not copied into each client") {
  bench::request_text text{{}, "h", "{\"a\":\"" + std::string(1'000'000, 'x') + "\"}", ""};
  CHECK(text.start().size() < 500);
  CHECK(text.start().ends_with("\r\n\r\n{\"input\":"));
  CHECK(text.rest().size() > 1'000'000);
}

TEST_CASE("request: a header that is given stands for that of the tool") {
  bench::load_settings settings{.headers = {{"content-type", "text/x"}, {"host", "other"}}};
  auto text = bench::request_text{settings, "h", "{}", ""}.start();
  CHECK(text.find("application/json") == text.npos);
  CHECK(text.find("\r\ncontent-type: text/x\r\nhost: other\r\nContent-Length: 12\r\n\r\n{") != text.npos);
}

TEST_CASE("request: GET has no body") {
  bench::load_settings settings{.method = "GET", .path = "/health-check"};
  bench::request_text text{settings, "h", "{}", ""};
  CHECK(text.start() == "GET /health-check HTTP/1.1\r\nHost: h\r\nUser-Agent: cog-bench\r\n\r\n");
  CHECK(text.rest().empty());
}
