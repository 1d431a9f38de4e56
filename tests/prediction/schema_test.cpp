#include "prediction/input_schema.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

std::string problem_of(std::string_view json) {
  std::string problem;
  return make_document(json, problem) ? "none, " + problem : problem;
}

document_ptr document(std::string_view json) {
  std::string problem;
  auto made = make_document(json, problem);
  REQUIRE_MESSAGE(made, problem);
  return made;
}

bool valid(const document_ptr& made, std::string_view property, std::string_view text) {
  json_error error;
  auto& node = made->input->node(made->input->property(property)->second);
  return made->input->validate(node, *parse_json(text, error), std::string{property}, nullptr);
}

}   // namespace

TEST_CASE("schema: a text that is no JSON object is refused with the place") {
  CHECK(problem_of("{\"a\":}") == "The OpenAPI document is not valid JSON: a: expected value at line 1 column 6.");
  CHECK(problem_of("[1]") == "The OpenAPI document is not a JSON object at line 1 column 0.");
  CHECK(problem_of("{\"a\":\"\xFF\"}").find("invalid unicode") != std::string::npos);
}

TEST_CASE("schema: the document is served compact, sorted and with its numbers as written") {
  auto made = document(" {\"b\": {\"y\":1.50, \"x\":12345678901234567890123}, \"a\": [\"\\u003c\\u00e9\"]} ");
  CHECK(made->json == "{\"a\":[\"<é\"],\"b\":{\"x\":12345678901234567890123,\"y\":1.50}}");
}

TEST_CASE("schema: a document without components checks nothing") {
  auto made = document("{}");
  CHECK(made->input == nullptr);
  CHECK(made->training == nullptr);
  CHECK_FALSE(made->output_is_array);
  CHECK_FALSE(made->streaming);
}

TEST_CASE("schema: training, array output and streaming are found") {
  auto made = document(R"({"components":{"schemas":{"Input":{},"TrainingInput":{"required":["x"],"properties":{"x":{}}},
    "Output":{"type":"array"}}},"paths":{"/predictions":{"post":{"x-cog-streaming":true}}}})");
  CHECK(made->input != nullptr);
  REQUIRE(made->training != nullptr);
  CHECK(made->training->root().required == std::vector<std::string>{"x"});
  CHECK(made->output_is_array);
  CHECK(made->streaming);
}

TEST_CASE("schema: other outputs are no arrays and other marks do not stream") {
  auto made = document(R"({"components":{"schemas":{"Output":{"type":"string"}}},
    "paths":{"/predictions":{"post":{"x-cog-streaming":"true"}}}})");
  CHECK_FALSE(made->output_is_array);
  CHECK_FALSE(made->streaming);
}

TEST_CASE("schema: a pattern that does not compile is named and not checked") {
  std::string problem;
  auto made = make_document(R"({"components":{"schemas":{"Input":{"properties":{
    "a":{"type":"string","pattern":"("},"b":{"type":"array","items":{"pattern":"["}}}}}}})",
                            problem);
  REQUIRE(made);
  CHECK(problem.find("The pattern of Input.a does not compile: missing closing parenthesis") == 0);
  CHECK(problem.find("The pattern of Input.b[] does not compile: ") != std::string::npos);
  CHECK(valid(made, "a", "\"x\""));
}

TEST_CASE("schema: circles of references end") {
  auto made = document(R"({"components":{"schemas":{"Input":{"properties":{
      "loop":{"$ref":"#/components/schemas/A"},
      "tree":{"$ref":"#/components/schemas/Tree"},
      "knot":{"$ref":"#/components/schemas/X"}}},
    "A":{"allOf":[{"$ref":"#/components/schemas/B"}]},
    "B":{"anyOf":[{"$ref":"#/components/schemas/A"}]},
    "Tree":{"type":"array","items":{"$ref":"#/components/schemas/Tree"}},
    "X":{"allOf":[{"items":{"$ref":"#/components/schemas/Q"}},{"$ref":"#/components/schemas/Q"}]},
    "Q":{"allOf":[{"$ref":"#/components/schemas/X"}]}}}})");
  CHECK(valid(made, "loop", "1"));
  CHECK(valid(made, "tree", "[[],[[]]]"));
  CHECK_FALSE(valid(made, "tree", "[[],[[1]]]"));
  CHECK(valid(made, "knot", "[[1]]"));
}

TEST_CASE("schema: references are followed through escapes and missing ones ask nothing") {
  auto made = document(R"({"x/y~":{"type":"string"},"components":{"schemas":{"Input":{"properties":{
    "a":{"$ref":"#/x~1y~0"},"b":{"$ref":"#/nowhere/at/all"},"c":{"$ref":"other.json#/a"}}}}}})");
  CHECK_FALSE(valid(made, "a", "1"));
  CHECK(valid(made, "b", "1"));
  CHECK(valid(made, "c", "1"));
}

TEST_CASE("schema: pointers escape what has a meaning in them") {
  CHECK(pointer_to("", "image") == "/image");
  CHECK(pointer_to("/a", "b/c~d") == "/a/b~1c~0d");
}

TEST_CASE("schema: file URLs are known by their scheme in any case") {
  for (auto url : {"http://h/x", "https://h", "HTTPS://h", "data:,x", "DaTa:image/png;base64,"})
    CHECK_MESSAGE(is_file_url(url), url);
  for (auto other : {"", "http:/", "file:///x", "/tmp/x", "xdata:", "ftp://h", "dat"})
    CHECK_MESSAGE(!is_file_url(other), other);
}
