#include "request_support.hpp"
#include <algorithm>

using namespace cog;
using namespace std::string_literals;

namespace {

prediction_request read(const std::string& body, const input_schema* schema = nullptr) {
  prediction_request request;
  auto error = parse_request(body, schema, request);
  REQUIRE_MESSAGE(!error, error->message);
  return request;
}

std::string text_at(const prediction_request& request, byte_range range) {
  return request.body.substr(range.offset, range.length);
}

const std::string parse_prefix = "400 Failed to parse the request body as JSON: ";
const std::string shape_prefix = "422 Failed to deserialize the JSON body into the target type: ";

std::string nested(size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

}   // namespace

TEST_CASE("request: an empty object is a request with defaults") {
  auto request = read("{}");
  CHECK_FALSE(request.has_id);
  CHECK(request.input_json() == "{}");
  CHECK(request.context_json() == "{}");
  CHECK(request.webhook.empty());
  CHECK(request.webhook_events == 15);
  CHECK(request.errors.empty());
}

TEST_CASE("request: every field is read") {
  std::string body = R"( {"id":"job-\u0031","input" : {"prompt" : "a \"red\" bicycle 🚲", "n":[1,{"a":"}"}]} ,
    "context":{"tenant":"acme"} ,"webhook":"https:\/\/h/p","webhook_events_filter":["start","completed","start"]} )";
  auto request = read(body);
  CHECK(request.body == body);
  CHECK(request.has_id);
  CHECK(request.id == "job-1");
  CHECK(request.input_json() == R"({"prompt" : "a \"red\" bicycle 🚲", "n":[1,{"a":"}"}]})");
  CHECK(request.context_json() == R"({"tenant":"acme"})");
  CHECK(request.webhook == "https://h/p");
  CHECK(request.webhook_events == (webhook_start | webhook_completed));
}

TEST_CASE("request: a request is filled anew each time") {
  prediction_request request;
  REQUIRE_FALSE(parse_request(R"({"id":"a","input":{"x":1},"webhook":"w"})", nullptr, request));
  REQUIRE_FALSE(parse_request("{}", nullptr, request));
  CHECK_FALSE(request.has_id);
  CHECK(request.webhook.empty());
  CHECK(request.input_json() == "{}");
}

TEST_CASE("request: a body that has room for padding is not copied") {
  std::string body = R"({"input":{}})";
  body.reserve(1000);
  auto place = body.data();
  prediction_request request;
  REQUIRE_FALSE(parse_request(std::move(body), nullptr, request));
  CHECK(request.body.data() == place);
}

TEST_CASE("request: id and webhook may be null, and an id may be empty") {
  auto request = read(R"({"id":null,"webhook":null})");
  CHECK_FALSE(request.has_id);
  CHECK(request.webhook.empty());
  request = read(R"({"id":""})");
  CHECK(request.has_id);
  CHECK(request.id.empty());
}

TEST_CASE("request: the events of a filter are bits") {
  CHECK(read(R"({"webhook_events_filter":[]})").webhook_events == 0);
  CHECK(read(R"({"webhook_events_filter":["output"]})").webhook_events == webhook_output);
  CHECK(read(R"({"webhook_events_filter":["logs","st\u0061rt"]})").webhook_events == (webhook_logs | webhook_start));
}

TEST_CASE("request: an input of any kind is kept where there is no schema") {
  CHECK(read(R"({"input":[1, 2]})").input_json() == "[1, 2]");
  CHECK(read(R"({"input": "te\"xt" })").input_json() == R"("te\"xt")");
  CHECK(read(R"({"input":null})").input_json() == "{}");
}

TEST_CASE("request: other fields may be anything and may repeat") {
  CHECK(verdict_on(R"({"version":{"a":[]},"created_at":5,"stream":null,"stream":true,"inputs":1})") == "valid");
}

TEST_CASE("request: a field of the wrong type is named with its place") {
  auto shape = [](const char* body) { return verdict_on(body).substr(shape_prefix.size()); };
  CHECK(shape(R"({"id":5})") == "id: invalid type: integer `5`, expected a string at line 1 column 7");
  CHECK(shape(R"({"id":1.5})") == "id: invalid type: floating point `1.5`, expected a string at line 1 column 9");
  CHECK(shape(R"({"id":1e20})") == "id: invalid type: floating point `1e+20`, expected a string at line 1 column 10");
  CHECK(shape(R"({"id":true})") == "id: invalid type: boolean `true`, expected a string at line 1 column 10");
  CHECK(shape(R"({"id":[1]})") == "id: invalid type: sequence, expected a string at line 1 column 6");
  CHECK(shape(R"({"webhook":{"a":1}})") == "webhook: invalid type: map, expected a string at line 1 column 11");
  CHECK(shape(R"({"context":null})") == "context: invalid type: null, expected a map at line 1 column 15");
  CHECK(shape(R"({"context":{"a":"b","c":{}}})") ==
        "context.c: invalid type: map, expected a string at line 1 column 24");
  CHECK(shape(R"({"webhook_events_filter":"start"})") ==
        "webhook_events_filter: invalid type: string \"start\", expected a sequence at line 1 column 32");
  CHECK(shape("{\n  \"webhook_events_filter\":[\"start\",\n\"nope\"]}") ==
        "webhook_events_filter[1]: unknown variant `nope`, expected one of `start`, `output`, `logs`, `completed` "
        "at line 3 column 6");
  CHECK(shape(R"({"webhook_events_filter":[null]})") ==
        "webhook_events_filter[0]: invalid type: null, expected a string at line 1 column 30");
}

TEST_CASE("request: a known field must not repeat") {
  for (std::string name : {"id", "input", "context", "webhook", "webhook_events_filter"}) {
    auto value = name == "webhook_events_filter" ? "[]" : name == "input" || name == "context" ? "{}" : "\"\"";
    auto field = "\"" + name + "\":" + value;
    CHECK_MESSAGE(verdict_on("{" + field + "," + field + "}").starts_with(shape_prefix + "duplicate field `" + name),
                  name);
  }
  CHECK(verdict_on(R"({"id":"a","id":"b"})") == shape_prefix + "duplicate field `id` at line 1 column 14");
  CHECK(verdict_on(R"({"id":"a","\u0069d":"b"})") == shape_prefix + "duplicate field `id` at line 1 column 19");
}

TEST_CASE("request: the first wrong field is reported") {
  CHECK(verdict_on(R"({"webhook":1,"id":2})").find("webhook: ") != std::string::npos);
}

TEST_CASE("request: a body that is no object has the wrong shape") {
  CHECK(verdict_on("5") ==
        shape_prefix + "invalid type: integer `5`, expected struct PredictionRequest at line 1 column 1");
  CHECK(verdict_on("null") ==
        shape_prefix + "invalid type: null, expected struct PredictionRequest at line 1 column 4");
  CHECK(verdict_on("\"a\"") ==
        shape_prefix + "invalid type: string \"a\", expected struct PredictionRequest at line 1 column 3");
  CHECK(verdict_on("[\"a\",{},{},\"w\",[]]") ==
        shape_prefix + "invalid type: sequence, expected struct PredictionRequest at line 1 column 0");
}

TEST_CASE("request: whatever is no JSON is malformed, wherever it stands") {
  std::string_view texts =
    "tru|nul|truex|NaN|Infinity|-|01|1.|1e|.5|+1|1e400|-1e400|'a'|1 2|[1,]|[1 2]|[,1]|[1}|}|]|:|,|"
    "{\"a\" 1}|{\"a\":1,}|{\"a\":1 \"b\":2}|{1:2}|{\"a\":\"b\":1}|{\"\\x\":1}|{\"a\"}|"
    "\"\\x\"|\"\\u12\"|\"\\ud800\"|\"\\udc00\"|\"\\ud800x\"|\"\t\"|\"\xFF\"|\"\xC3\"|\"a\"b|\"a\"\"b\"";
  auto document = document_of(R"("l":{"type":"array","items":{"type":"string"}},"s":{"type":"string"},"o":{})");
  while (!texts.empty()) {
    auto bad = std::string{texts.substr(0, texts.find('|'))};
    texts.remove_prefix(std::min(texts.size(), bad.size() + 1));
    CHECK_MESSAGE(verdict_on(bad).starts_with(parse_prefix), bad);
    for (std::string place : {"{\"x\":", "{\"x\":[", "{\"x\":{\"y\":", "{\"id\":", "{\"id\":[",
                              "{\"input\":", "{\"input\":[", "{\"input\":{\"y\":", "{\"input\":{\"l\":[\"a\",",
                              "{\"input\":{\"s\":", "{\"input\":{\"o\":[", "{\"context\":", "{\"context\":[",
                              "{\"context\":{\"a\":", "{\"webhook_events_filter\":", "{\"webhook_events_filter\":[",
                              "{\"webhook_events_filter\":{\"a\":", "{\"id\":\"a\",\"id\":"}) {
      auto body = place + bad;
      std::for_each(place.rbegin(), place.rend(), [&](char c) { body += c == '{' ? "}" : c == '[' ? "]" : ""; });
      CHECK_MESSAGE(verdict_on(body).starts_with(parse_prefix), body);
      CHECK_MESSAGE(verdict_on(body, document->input.get()).starts_with(parse_prefix), body);
    }
  }
}

TEST_CASE("request: cut anywhere it is malformed") {
  std::string body = R"({"id":"j","input":{"a":[1,-2.5e3,true],"b":{"c":"\u00e9"}},"context":{"k":"v"}})";
  for (size_t length = 0; length < body.size(); ++length)
    CHECK_MESSAGE(verdict_on(body.substr(0, length)).starts_with(parse_prefix), length);
  CHECK(verdict_on(body) == "valid");
  CHECK(verdict_on(body + "}") ==
        parse_prefix + "trailing characters at line 1 column " + std::to_string(body.size() + 1));
  CHECK(verdict_on(body + "\0"s).starts_with(parse_prefix));
}

TEST_CASE("request: the place of a mistake is named") {
  CHECK(verdict_on("") == parse_prefix + "EOF while parsing a value at line 1 column 0");
  CHECK(verdict_on("{\"input\":{\"s\":tru}}") == parse_prefix + "input.s: expected ident at line 1 column 18");
  CHECK(verdict_on("\xEF\xBB\xBF{}") == parse_prefix + "expected value at line 1 column 1");
}

TEST_CASE("request: a mistake in the JSON comes before a wrong shape") {
  CHECK(verdict_on(R"({"id":5,"x":tru})") == parse_prefix + "x: expected ident at line 1 column 16");
}

TEST_CASE("request: numbers beyond 64 bits and below the smallest float are fine") {
  CHECK(verdict_on(R"({"x":[123456789012345678901234567890,1e-400,-0.0,1E+2]})") == "valid");
  CHECK(verdict_on("{\"x\":" + std::string(300, '9') + "}") == "valid");
  CHECK(verdict_on("{\"x\":" + std::string(310, '9') + "}").find("number out of range") != std::string::npos);
}

TEST_CASE("request: 128 levels are read and 129 are not, in any field") {
  for (std::string field : {"x", "input"}) {
    CHECK(verdict_on("{\"" + field + "\":" + nested(127) + "}") == "valid");
    CHECK(verdict_on("{\"" + field + "\":" + nested(128) + "}").find("recursion limit exceeded") != std::string::npos);
  }
  auto document = document_of(R"("l":{"type":"array","items":{}})");
  CHECK(verdict_on("{\"input\":{\"l\":" + nested(126) + "}}", document->input.get()) == "valid");
  CHECK(verdict_on("{\"input\":{\"l\":" + nested(127) + "}}", document->input.get()).starts_with(parse_prefix));
}

TEST_CASE("request: files stand where the schema has them and look like URLs") {
  auto document = document_of(R"("image":{"type":"string","format":"uri"},"text":{"type":"string"},
    "images":{"type":"array","items":{"type":"string","format":"uri"}})");
  std::string body = R"({"input":{"images":["data:,\u0061", "plain", "HTTPS://h/é"],"text":"http://h",)"
                     R"("image" : "http:\/\/h/x" }})";
  auto request = read(body, document->input.get());
  CHECK(request.errors.empty());
  REQUIRE(request.files.size() == 3);
  CHECK(request.files[0].pointer == "/images/0");
  CHECK(text_at(request, request.files[0].at) == R"("data:,\u0061")");
  CHECK(request.files[1].pointer == "/images/2");
  CHECK(text_at(request, request.files[1].at) == R"("HTTPS://h/é")");
  CHECK(request.files[2].pointer == "/image");
  CHECK(text_at(request, request.files[2].at) == R"("http:\/\/h/x")");
}

TEST_CASE("request: files are found in unions, choices of schemas and objects") {
  auto document = document_of(R"("u":{"anyOf":[{"type":"integer"},{"type":"string","format":"uri"},
      {"type":"array","items":{"type":"string","format":"uri"}}]},
    "r":{"allOf":[{"$ref":"#/components/schemas/F"}]},
    "o":{"properties":{"z":{"$ref":"#/components/schemas/F"},"a/b":{"$ref":"#/components/schemas/F"}}},
    "m":{"additionalProperties":{"$ref":"#/components/schemas/F"}},
    "n":{"type":"string","format":"uri","nullable":true})",
                              "[]", R"(,"F":{"type":"string","format":"uri"})");
  auto request = read(R"({"input":{"u":["data:,1"],"r":"data:,2","o":{"z":"data:,3","a/b":"data:,4"},)"
                      R"("m":{"k":"data:,5"},"n":null}})",
                      document->input.get());
  REQUIRE(request.files.size() == 5);
  const char* pointers[] = {"/u/0", "/r", "/o/z", "/o/a~1b", "/m/k"};
  for (size_t i = 0; i < 5; ++i) {
    CHECK(request.files[i].pointer == pointers[i]);
    CHECK(text_at(request, request.files[i].at) == "\"data:," + std::to_string(i + 1) + "\"");
  }
  CHECK(read(R"({"input":{"u":"data:,x"}})", document->input.get()).files.size() == 1);
}

TEST_CASE("request: a format on something other than a string is no file") {
  auto document = document_of(R"("a":{"format":"uri"},"b":{"type":"integer","format":"uri"})");
  CHECK(read(R"({"input":{"a":"data:,x"}})", document->input.get()).files.empty());
}

TEST_CASE("request: keys the schema does not know are listed once, and checked as JSON") {
  auto document = document_of(R"("a":{})");
  auto request = read(R"({"input":{"z":1,"a":2,"b\n":[{}],"z":3}})", document->input.get());
  CHECK(request.unknown_keys == std::vector<std::string>{"z", "b\n"});
  CHECK(verdict_on_input(R"("z":[1,tru])", document).starts_with(parse_prefix));
  CHECK(read(R"({"input":{"z":1}})").unknown_keys.empty());
  std::string many = "\"a\":1";
  for (int i = 0; i < 100; ++i)
    many += ",\"k" + std::to_string(i) + "\":1";
  CHECK(read("{\"input\":{" + many + "}}", document->input.get()).unknown_keys.size() == 32);
  auto long_name = std::string(63, 'x') + "\u00e9" + std::string(100000, 'x');
  request = read("{\"input\":{\"" + long_name + "\":1}}", document->input.get());
  CHECK(request.unknown_keys == std::vector<std::string>{std::string(63, 'x')});   // and no character cut in two
}

TEST_CASE("request: keys are compared without their escapes") {
  auto document = document_of(R"("image":{"type":"integer"})");
  CHECK(verdict_on_input(R"("im\u0061ge":"x")", document) == "image: \"x\" is not of type \"integer\"");
}

TEST_CASE("request: large bodies leave the parser usable for small ones") {
  auto document = document_of(R"("t":{"type":"string"})");
  CHECK(verdict_on_input("\"t\":\"" + std::string(3 << 20, 'x') + "\"", document) == "valid");
  CHECK(verdict_on_input("\"t\":\"x\"", document) == "valid");
}
