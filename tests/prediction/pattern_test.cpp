#include "prediction/pattern.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

bool matches(const std::string& expression, std::string_view subject) {
  std::string problem;
  auto compiled = pattern::compile(expression, problem);
  REQUIRE_MESSAGE(compiled, problem);
  return compiled->matches(subject);
}

}   // namespace

TEST_CASE("pattern: it is searched anywhere unless it is anchored") {
  CHECK(matches("b+", "abbc"));
  CHECK(matches("^[a-z]+$", "abc"));
  CHECK_FALSE(matches("^[a-z]+$", "BAD"));
  CHECK(matches("", ""));
  CHECK_FALSE(matches("x", ""));
}

TEST_CASE("pattern: the dollar sign stands for the very end") {
  CHECK(matches("a$", "a"));
  CHECK_FALSE(matches("a$", "a\n"));
}

TEST_CASE("pattern: what ECMAScript, Python and Rust write is understood") {
  CHECK(matches("^(?=.*\\d)(?!.*x).+$", "abc1"));
  CHECK_FALSE(matches("^(?=.*\\d)(?!.*x).+$", "abc1x"));
  CHECK(matches("(?<=a)b(?<!c)", "ab"));
  CHECK(matches("^\\u00e9\\x41$", "éA"));
  CHECK(matches("(?P<n>a)(?P=n)", "aa"));
  CHECK(matches("(?<n>a)\\k<n>", "aa"));
  CHECK(matches("(?i)^ABC$", "abc"));
  CHECK(matches("\\A\\p{L}+\\z", "é"));
  CHECK_FALSE(matches("[]", "a"));
}

TEST_CASE("pattern: characters are code points and classes are ASCII") {
  CHECK(matches("^.$", "😀"));
  CHECK_FALSE(matches("^..$", "😀"));
  CHECK_FALSE(matches("^\\d$", "٣"));
  CHECK_FALSE(matches("^\\w$", "é"));
}

TEST_CASE("pattern: one that does not compile says why") {
  std::string problem;
  CHECK_FALSE(pattern::compile("a(", problem));
  CHECK(problem == "missing closing parenthesis at offset 2");
}

TEST_CASE("pattern: a search that explodes is given up as no match") {
  CHECK_FALSE(matches("^(a+)+$", std::string(64, 'a') + "!"));
  CHECK_FALSE(matches("(x+x+)+y", std::string(5'000, 'x')));
}

TEST_CASE("pattern: long strings are searched to their end") {
  auto text = std::string(300'000, 'a');
  for (size_t i = 0; i < 100; ++i)
    text += "é";
  CHECK(matches("b$", text + "b"));
  CHECK(matches("é{100}b", text + "b"));
  CHECK_FALSE(matches("c", text));
  CHECK(matches("^(a|é)*$", text.substr(0, 20'000)));
  std::string shifted = "a";
  for (size_t i = 0; i < 200; ++i)
    shifted += "é";
  CHECK(matches("é$", shifted));
  CHECK_FALSE(matches("b", shifted));
}
