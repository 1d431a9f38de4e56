#include "json/json_text.hpp"
#include <doctest/doctest.h>
#include <limits>

using namespace cog;

namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  append_unescaped(out, text);
  return out;
}

std::string written(double value) {
  std::string out;
  append_float(out, value);
  return out;
}

std::string by_value(std::string_view raw) {
  std::string out;
  append_number(out, raw);
  return out;
}

}   // namespace

TEST_CASE("json text: every byte is found to need an escape or none, wherever it stands in a string") {
  for (int value = 0; value < 256; ++value)
    for (size_t length : {7u, 8u, 9u, 24u})
      for (size_t at = 0; at < length; ++at) {
        std::string text(length, 'x');
        text[at] = static_cast<char>(value);
        auto alone = quoted(text.substr(at, 1));
        CHECK(quoted(text) ==
              '"' + std::string(at, 'x') + alone.substr(1, alone.size() - 2) + std::string(length - at - 1, 'x') + '"');
      }
}

TEST_CASE("json text: strings get short escapes where JSON has them") {
  CHECK(quoted("a\"b\\c/d") == R"("a\"b\\c/d")");
  CHECK(quoted("\b\f\n\r\t") == R"("\b\f\n\r\t")");
  CHECK(quoted(std::string_view{"\0\x01\x1f\x7f", 4}) == "\"\\u0000\\u0001\\u001f\x7f\"");
  CHECK(quoted("") == "\"\"");
}

TEST_CASE("json text: characters outside ASCII are written raw") {
  CHECK(quoted("é€😀") == "\"é€😀\"");
  CHECK(quoted("\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF") == "\"\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\"");
}

TEST_CASE("json text: each byte that is no UTF-8 becomes a replacement character") {
  CHECK(quoted("a\xFFz") == "\"a\uFFFDz\"");
  CHECK(quoted("\xC3") == "\"\uFFFD\"");
  CHECK(quoted("\xC0\xAF") == "\"\uFFFD\uFFFD\"");
  CHECK(quoted("\xE0\x80\x80") == "\"\uFFFD\uFFFD\uFFFD\"");
  CHECK(quoted("\xED\xA0\x80") == "\"\uFFFD\uFFFD\uFFFD\"");
  CHECK(quoted("\xF4\x90\x80\x80") == "\"\uFFFD\uFFFD\uFFFD\uFFFD\"");
  CHECK(quoted("\xF0\x8F\xBF\xBF") == "\"\uFFFD\uFFFD\uFFFD\uFFFD\"");
  CHECK(quoted("\xE2\x82") == "\"\uFFFD\uFFFD\"");
}

TEST_CASE("json text: sound escapes are told from unsound ones") {
  for (auto good : {R"(\"\\\/\b\f\n\r\t)", R"(\u00e9)", R"(\uD83D\uDE00)", R"(\ud83d\ude00x)", "plain", ""})
    CHECK_MESSAGE(valid_escapes(good), good);
  for (auto bad : {R"(\x)", R"(\)", R"(\u12)", R"(\u12G4)", R"(\u-123)", R"(\ud800)", R"(\udc00)", R"(\ud800\u0041)",
                   R"(\ud800\n)", R"(\ud800x)", R"(\ud800\ud800)", R"(\U0041)"})
    CHECK_MESSAGE(!valid_escapes(bad), bad);
  CHECK(!valid_escapes(std::string_view{"\\\0", 2}));
}

TEST_CASE("json text: escapes are resolved") {
  CHECK(unescaped(R"(a\"b\\c\/d\b\f\n\r\t)") == "a\"b\\c/d\b\f\n\r\t");
  CHECK(unescaped(R"(\u0041\u00e9\u20AC\ud83d\ude00!)") == "Aé€😀!");
  CHECK(unescaped(R"(\u0000)") == std::string(1, '\0'));
}

TEST_CASE("json text: the content of a token is copied only if it has escapes") {
  std::string scratch;
  json_token plain{json_kind::string, false, "\"abc\""};
  CHECK(string_content(plain, scratch).data() == plain.raw.data() + 1);
  json_token escaped{json_kind::string, true, R"("a\n")"};
  CHECK(string_content(escaped, scratch) == "a\n");
}

TEST_CASE("json text: floats are as short as can be and look like floats") {
  CHECK(written(0) == "0.0");
  CHECK(written(-0.0) == "-0.0");
  CHECK(written(1) == "1.0");
  CHECK(written(0.1) == "0.1");
  CHECK(written(1.204518) == "1.204518");
  CHECK(written(1e15) == "1000000000000000.0");
  CHECK(written(1e16) == "1e+16");
  CHECK(written(-2.5e20) == "-2.5e+20");
  CHECK(written(0.00001) == "0.00001");
  CHECK(written(1e-6) == "1e-6");
  CHECK(written(1.5e-7) == "1.5e-7");
  CHECK(written(1e-10) == "1e-10");
  CHECK(written(1e300) == "1e+300");
  CHECK(written(std::numeric_limits<double>::denorm_min()) == "5e-324");
}

TEST_CASE("json text: integers of 64 bits stay exact and larger ones become floats") {
  CHECK(by_value("-9223372036854775808") == "-9223372036854775808");
  CHECK(by_value("18446744073709551615") == "18446744073709551615");
  CHECK(by_value("18446744073709551616") == "1.8446744073709552e+19");
  CHECK(by_value("-9223372036854775809") == "-9.223372036854776e+18");
  CHECK(by_value("1E2") == "100.0");
  CHECK(by_value("2.50") == "2.5");
  CHECK(by_value("-0") == "-0.0");
}

TEST_CASE("json text: numbers are compared by value without losing digits") {
  CHECK(number_value("9007199254740993") > number_value("9007199254740992.0"));
  CHECK(number_value("18446744073709551615") < number_value("18446744073709551616"));
  CHECK(number_value("3.0") == number_value("3"));
  CHECK(number_value("1e400") == std::numeric_limits<long double>::infinity());
  CHECK(number_value("1e-400") == 0);
}
