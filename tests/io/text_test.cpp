#include "io/text.hpp"
#include <cerrno>
#include <doctest/doctest.h>

using namespace cog;

namespace {

std::string percent(std::string_view text) {
  std::string out;
  CHECK(percent_decode(text, true, out) == text.size());
  return out;
}

}   // namespace

TEST_CASE("text: a cut escape is left for the next part") {
  auto left = [](std::string_view text) {
    std::string out;
    return text.size() - unescape_part(text, out);
  };
  CHECK(left("abc") == 0);
  CHECK(left("abc\\") == 1);
  CHECK(left("abc\\\\") == 0);
  CHECK(left("abc\\u00e") == 5);
  CHECK(left("abc\\u00e9") == 0);
  CHECK(left("abc\\u") == 2);
  CHECK(left("\\ud83d\\ude0") == 11);
  CHECK(left("\\ud83d") == 6);
  CHECK(left("\\ud83d\\ude00") == 0);
}

TEST_CASE("text: parts that were cut anywhere join to the whole") {
  std::string text = R"(a\/b\\\n\u00e9x\ud83d\ude00\"z)";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    std::string out;
    auto used = unescape_part(std::string_view{text}.substr(0, cut), out);
    CHECK(unescape_part(std::string_view{text}.substr(used), out) == text.size() - used);
    CHECK(out == "a/b\\\n\xc3\xa9x\xf0\x9f\x98\x80\"z");
  }
}

TEST_CASE("text: percent-decoding keeps what is no escape") {
  CHECK(percent("a%20b%2Fc%2f") == "a b/c/");
  CHECK(percent("100%") == "100%");
  CHECK(percent("%4") == "%4");
  CHECK(percent("%zz%4g%%41") == "%zz%4g%A");
  CHECK(percent("a+b") == "a+b");
}

TEST_CASE("text: a cut percent escape is left for the next part") {
  std::string out;
  CHECK(percent_decode("ab%4", false, out) == 2);
  CHECK(percent_decode("ab%", false, out) == 2);
  CHECK(percent_decode("ab%41", false, out) == 5);
  CHECK(out == "abababA");
}

TEST_CASE("text: errno reads as in Python") {
  CHECK(errno_text(ENOENT, "/x/y") == "[Errno 2] No such file or directory: '/x/y'");
  CHECK(errno_text(EMFILE, "") == "[Errno 24] Too many open files");
}

TEST_CASE("text: percent-encoding leaves only what has no meaning in a URL") {
  CHECK(percent_encoded("a-Z_0.9~") == "a-Z_0.9~");
  CHECK(percent_encoded("a b,c;d\xc3\xa9%") == "a%20b%2Cc%3Bd%C3%A9%25");
}
