#include "json/json_writer.hpp"
#include <doctest/doctest.h>

using namespace cog;

TEST_CASE("json_writer: members and items are parted by commas, whatever they hold") {
  std::string out;
  json_writer json{out};
  json.open("", '{');
  json.text("a\"b", "c\n");
  json.number("count", 18446744073709551615U);
  json.open("list", '[');
  json.text("", "x");
  json.raw("", "{}");
  json.open("", '[');
  json.close(']');
  json.number("", 1);
  json.close(']');
  json.open("empty", '{');
  json.close('}');
  json.flag("yes", true);
  json.flag("no", false);
  json.close('}');
  CHECK(out == R"({"a\"b":"c\n","count":18446744073709551615,"list":["x",{},[],1],"empty":{},"yes":true,"no":false})");
}

TEST_CASE("json_writer: it goes on behind what is there already") {
  std::string out = "data: ";
  json_writer json{out};
  json.open("", '[');
  json.close(']');
  CHECK(out == "data: []");
}
