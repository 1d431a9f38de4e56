#include "prediction/metrics.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

constexpr uint8_t replace = 0, increment = 1, append = 2;

struct record {
  uint8_t mode;
  const char* name;
  const char* value;
};

std::string after(std::initializer_list<record> records) {
  metric_set metrics;
  for (auto& [mode, name, value] : records)
    metrics.apply(mode, name, value);
  return metrics.members();
}

}   // namespace

TEST_CASE("metrics: none give no members") {
  CHECK(after({}).empty());
  CHECK(metric_set{}.empty());
}

TEST_CASE("metrics: members come in ascending order of their keys") {
  CHECK(after({{replace, "b", "1"}, {replace, "a", "\"x\""}, {replace, "B", "true"}}) == R"("B":true,"a":"x","b":1)");
}

TEST_CASE("metrics: dots make nested objects") {
  CHECK(after({{replace, "t.load", "0.2"}, {replace, "t.b.c", "1"}}) == R"("t":{"b":{"c":1},"load":0.2})");
  CHECK(after({{replace, "t", "5"}, {replace, "t.a", "1"}}) == R"("t":{"a":1})");
  CHECK(after({{replace, "t", R"({"z":{"y":1}})"}, {increment, "t.z.y", "2"}}) == R"("t":{"z":{"y":3}})");
}

TEST_CASE("metrics: replacing by null deletes and leaves empty parents") {
  CHECK(after({{replace, "a", "1"}, {replace, "a", "null"}}).empty());
  CHECK(after({{replace, "t.a", "1"}, {replace, "t.a", "null"}}) == R"("t":{})");
  CHECK(after({{replace, "t.a", "null"}}).empty());
  CHECK(after({{replace, "t", "1"}, {replace, "t.a", "null"}}) == R"("t":1)");
  CHECK(after({{replace, "t", "{}"}}) == R"("t":{})");
}

TEST_CASE("metrics: an increment starts at zero and keeps integers") {
  CHECK(after({{increment, "n", "2"}, {increment, "n", "3"}}) == R"("n":5)");
  CHECK(after({{increment, "n", "1.5"}}) == R"("n":1.5)");
  CHECK(after({{replace, "n", "1"}, {increment, "n", "1.0"}}) == R"("n":2.0)");
  CHECK(after({{increment, "n", "-7"}}) == R"("n":-7)");
}

TEST_CASE("metrics: integers wrap round at 64 bits") {
  CHECK(after({{replace, "n", "9223372036854775807"}, {increment, "n", "1"}}) == R"("n":-9223372036854775808)");
}

TEST_CASE("metrics: a sum that is no number any more is null") {
  CHECK(after({{replace, "n", "1e308"}, {increment, "n", "1e308"}}) == R"("n":null)");
}

TEST_CASE("metrics: what is no number is not incremented") {
  CHECK(after({{replace, "s", "\"x\""}, {increment, "s", "1"}}) == R"("s":"x")");
  CHECK(after({{replace, "s", "{\"a\":1}"}, {increment, "s", "1"}}) == R"("s":{"a":1})");
  CHECK(after({{increment, "n", "\"1\""}}).empty());
}

TEST_CASE("metrics: appending makes or extends a list") {
  CHECK(after({{append, "l", "1"}, {append, "l", "\"b\""}}) == R"("l":[1,"b"])");
  CHECK(after({{replace, "l", "5"}, {append, "l", "6"}}) == R"("l":[5,6])");
  CHECK(after({{replace, "l", "{\"a\":1}"}, {append, "l", "null"}}) == R"("l":[{"a":1},null])");
  CHECK(after({{replace, "l", "[]"}, {append, "l", "[1]"}}) == R"("l":[[1]])");
}

TEST_CASE("metrics: numbers are written by value") {
  CHECK(after({{replace, "n", "1e-05"}, {replace, "m", "18446744073709551616"}}) ==
        R"("m":1.8446744073709552e+19,"n":0.00001)");
}

TEST_CASE("metrics: unknown modes and texts that are no JSON are ignored") {
  CHECK(after({{7, "n", "1"}, {replace, "n", "oops"}}).empty());
}
