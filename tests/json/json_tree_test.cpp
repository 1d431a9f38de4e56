#include "json/json_tree.hpp"
#include <doctest/doctest.h>

using namespace cog;
using namespace std::string_view_literals;

namespace {

std::string error_of(std::string_view text) {
  json_error error;
  return parse_json(text, error) ? "accepted" : error;
}

bool same(std::string_view left, std::string_view right) {
  json_error error;
  return same_value(*parse_json(left, error), *parse_json(right, error));
}

std::string nested(int levels) {
  return std::string(static_cast<size_t>(levels), '[') + std::string(static_cast<size_t>(levels), ']');
}

}   // namespace

TEST_CASE("json tree: values know their kind and the text they stand in") {
  std::string_view text = R"( {"b" : [1, true, null], "a" : "x\ny"} )";
  json_error error;
  auto value = parse_json(text, error);
  REQUIRE(value);
  CHECK(value->raw == R"({"b" : [1, true, null], "a" : "x\ny"})");
  auto list = value->find("b");
  REQUIRE(list);
  CHECK(list->raw == "[1, true, null]");
  REQUIRE(list->items.size() == 3);
  CHECK(list->items[0].is(json_kind::number));
  CHECK(list->items[1].is_true());
  CHECK(list->items[2].is(json_kind::null));
  CHECK(value->find("a")->escaped);
  CHECK(value->find("c") == nullptr);
}

TEST_CASE("json tree: a path ends where a key is missing") {
  json_error error;
  auto value = parse_json(R"({"a":{"b":{"c":1}}})"sv, error);
  REQUIRE(value);
  CHECK(value->find_path({"a", "b", "c"})->raw == "1");
  CHECK(value->find_path({"a", "x", "c"}) == nullptr);
  CHECK(value->find_path({"a", "b", "c", "d"}) == nullptr);
}

TEST_CASE("json tree: of repeated keys the last one counts") {
  CHECK(compact_sorted(R"({"a":1,"b":2,"a":3,"\u0061":4})") == R"({"a":4,"b":2})");
}

TEST_CASE("json tree: an end of the text is reported with what was expected") {
  CHECK(error_of("") == "EOF while parsing a value at line 1 column 0");
  CHECK(error_of(" ") == "EOF while parsing a value at line 1 column 1");
  CHECK(error_of("{") == "EOF while parsing an object at line 1 column 1");
  CHECK(error_of("{\"a") == "EOF while parsing a string at line 1 column 3");
  CHECK(error_of("{\"a\"") == "EOF while parsing an object at line 1 column 4");
  CHECK(error_of("{\"a\":") == "a: EOF while parsing a value at line 1 column 5");
  CHECK(error_of("{\"a\":1") == "EOF while parsing an object at line 1 column 6");
  CHECK(error_of("{\"a\":1,") == "EOF while parsing a value at line 1 column 7");
  CHECK(error_of("[") == "EOF while parsing a list at line 1 column 1");
  CHECK(error_of("[1") == "EOF while parsing a list at line 1 column 2");
  CHECK(error_of("[1,") == "EOF while parsing a value at line 1 column 3");
  CHECK(error_of("tr") == "EOF while parsing a value at line 1 column 2");
  CHECK(error_of("-") == "EOF while parsing a value at line 1 column 1");
  CHECK(error_of("1.") == "EOF while parsing a value at line 1 column 2");
  CHECK(error_of("\"\\") == "EOF while parsing a string at line 1 column 2");
  CHECK(error_of("\"\\u12") == "EOF while parsing a string at line 1 column 5");
  CHECK(error_of("\"\\ud800") == "EOF while parsing a string at line 1 column 7");
}

TEST_CASE("json tree: punctuation out of place is reported") {
  CHECK(error_of("{\"a\":1,}") == "trailing comma at line 1 column 8");
  CHECK(error_of("{\"a\" 1}") == "expected `:` at line 1 column 6");
  CHECK(error_of("{\"a\":1 \"b\":2}") == "expected `,` or `}` at line 1 column 8");
  CHECK(error_of("{1:2}") == "key must be a string at line 1 column 2");
  CHECK(error_of("{,}") == "key must be a string at line 1 column 2");
  CHECK(error_of("[1,]") == "trailing comma at line 1 column 4");
  CHECK(error_of("[1 2]") == "expected `,` or `]` at line 1 column 4");
  CHECK(error_of("[1}") == "expected `,` or `]` at line 1 column 3");
  CHECK(error_of("[,1]") == "[0]: expected value at line 1 column 2");
  CHECK(error_of("{} x") == "trailing characters at line 1 column 4");
}

TEST_CASE("json tree: words and numbers are read to the last character") {
  CHECK(error_of("{\"x\":tru}") == "x: expected ident at line 1 column 9");
  CHECK(error_of("{\"x\":NaN}") == "x: expected value at line 1 column 6");
  CHECK(error_of("{\"x\":-}") == "x: invalid number at line 1 column 7");
  CHECK(error_of("{\"x\":01}") == "x: invalid number at line 1 column 7");
  CHECK(error_of("{\"x\":1.}") == "x: invalid number at line 1 column 8");
  CHECK(error_of("{\"x\":1e}") == "x: invalid number at line 1 column 8");
  CHECK(error_of("{\"x\":1e400}") == "x: number out of range at line 1 column 10");
  CHECK(error_of("{\"x\":+1}") == "x: expected value at line 1 column 6");
  for (auto good :
       {"0", "-0", "0.5", "10", "-1.5E+10", "1e-400", "123456789012345678901234567890", "true", "false", "null"})
    CHECK(error_of(good) == "accepted");
}

TEST_CASE("json tree: strings are checked character by character") {
  CHECK(error_of("{\"x\":\"\\q\"}") == "x: invalid escape at line 1 column 8");
  CHECK(error_of("{\"x\":\"\\u12\"}") == "x: invalid escape at line 1 column 12");
  CHECK(error_of("{\"x\":\"\\u12G4\"}") == "x: invalid escape at line 1 column 12");
  CHECK(error_of("{\"input\":{\"s\":\"\\ud800\"}}") == "input.s: unexpected end of hex escape at line 1 column 22");
  CHECK(error_of("{\"input\":{\"s\":\"\\udc00\"}}") ==
        "input.s: lone leading surrogate in hex escape at line 1 column 21");
  CHECK(error_of("\"\\ud800\\u0041\"") == "lone leading surrogate in hex escape at line 1 column 13");
  CHECK(error_of("\"\t\"") == "control character (\\u0000-\\u001F) found while parsing a string at line 1 column 2");
  CHECK(error_of("{\"id\":\"\xFF\"}") == "id: invalid unicode code point at line 1 column 9");
  CHECK(error_of("\xFF") == "expected value at line 1 column 1");
  CHECK(error_of("\"\\ud83d\\ude00\"") == "accepted");
}

TEST_CASE("json tree: a place is named by its path, line and column") {
  CHECK(error_of("{\n \"a\": [1,\n  {\"b\": tru}]}") == "a[1].b: expected ident at line 3 column 12");
  CHECK(error_of("[[1,x]]") == "[0][1]: expected value at line 1 column 5");
}

TEST_CASE("json tree: 128 levels are read and 129 are not") {
  CHECK(error_of(nested(max_json_depth)) == "accepted");
  CHECK(error_of(nested(max_json_depth + 1)).ends_with("recursion limit exceeded at line 1 column 129"));
  auto objects = [](int levels) {
    std::string text;
    for (int i = 0; i < levels; ++i)
      text += "{\"a\":";
    return text + "1" + std::string(static_cast<size_t>(levels), '}');
  };
  CHECK(error_of(objects(max_json_depth)) == "accepted");
  CHECK(error_of(objects(max_json_depth + 1)).find("recursion limit exceeded") != std::string::npos);
}

TEST_CASE("json tree: values are written compactly with sorted keys") {
  CHECK(compact_sorted(" { \"b\" : [ 1 , 2.50 , { } ] , \"a\" : \"\\u00e9\\/\" , \"B\" : null } ") ==
        "{\"B\":null,\"a\":\"é/\",\"b\":[1,2.5,{}]}");
  CHECK(compact_sorted("[]") == "[]");
  CHECK(compact_sorted("nonsense").empty());
}

TEST_CASE("json tree: numbers can be kept as they were written") {
  json_error error;
  auto value = parse_json("[1.0,1E2,123456789012345678901]"sv, error);
  std::string out;
  append_json(out, *value, number_style::as_written);
  CHECK(out == "[1.0,1E2,123456789012345678901]");
}

TEST_CASE("json tree: equality looks at values, not at their writing") {
  CHECK(same("1", "1.0"));
  CHECK(same("1e2", "100"));
  CHECK_FALSE(same("1", "true"));
  CHECK_FALSE(same("1", "\"1\""));
  CHECK(same("null", "null"));
  CHECK_FALSE(same("true", "false"));
  CHECK(same("\"\\u0061\"", "\"a\""));
  CHECK(same("{\"a\":1,\"b\":[1,2]}", "{\"b\":[1.0,2],\"a\":1}"));
  CHECK_FALSE(same("{\"a\":1}", "{\"b\":1}"));
  CHECK_FALSE(same("{\"a\":1}", "{\"a\":1,\"b\":2}"));
  CHECK_FALSE(same("[1,2]", "[2,1]"));
  CHECK_FALSE(same("[1]", "[1,2]"));
}
