#include "prediction/log_text.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

constexpr std::string_view mark = R"(\n[**** LOG TRUNCATED: COG_MAX_LOG_BYTES REACHED ****]\n)";
constexpr std::string_view memory_mark = R"(\n[**** LOG TRUNCATED: COG_MAX_OUTPUT_MEMORY REACHED ****]\n)";

}   // namespace

TEST_CASE("log_text: it is escaped for JSON as it comes") {
  log_text log{1000, nullptr};
  CHECK(log.add(false, "a \"b\"\n").text == R"(a \"b\"\n)");
  CHECK(log.add(true, "\x1b[2K\r\\").text == R"(\u001b[2K\r\\)");
  CHECK(log.text().str() == R"(a \"b\"\n\u001b[2K\r\\)");
}

TEST_CASE("log_text: a character that comes in two pieces is one") {
  std::string_view euro = "\xE2\x82\xAC";
  for (size_t cut : {1, 2}) {
    log_text log{1000, nullptr};
    log.add(false, euro.substr(0, cut));
    log.add(true, "between");
    log.add(false, euro.substr(cut));
    CHECK(log.end().text.empty());
    CHECK(log.text().str() == "between\xE2\x82\xAC");
  }
}

TEST_CASE("log_text: a character that is not completed becomes U+FFFD at the end") {
  log_text log{1000, nullptr};
  CHECK(log.add(false, "x\xF0\x9F").text == "x");
  CHECK(log.end().text == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(log.end().text.empty());
}

TEST_CASE("log_text: bytes that begin no character do not wait") {
  log_text log{1000, nullptr};
  CHECK(log.add(false, "\xFF").text == "\xEF\xBF\xBD");
  CHECK(log.add(false, "\x80\x80\x80\x80").text == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("log_text: at the limit it ends with a mark, between two characters") {
  log_text log{5, nullptr};
  log.add(false, "abc");
  CHECK(log.add(false, "d\xC3\xA9x").text == "d" + std::string{mark});
  CHECK(log.add(false, "more").text.empty());
  CHECK(log.text().str() == "abcd" + std::string{mark});
}

TEST_CASE("log_text: exactly the limit needs no mark") {
  log_text log{5, nullptr};
  log.add(false, "ab\n\n\n");
  CHECK(log.text().str() == R"(ab\n\n\n)");
  CHECK(log.add(false, "x").text == mark);
}

TEST_CASE("log_text: it ends with a mark where there is no memory for it") {
  auto account = std::make_shared<memory_account>(100);
  log_text log{1000, account};
  CHECK(log.add(false, "text").text == memory_mark);
  CHECK(log.add(false, "more").text.empty());
}

TEST_CASE("log_text: it leaves what is nearly used up to outputs") {
  auto account = std::make_shared<memory_account>(100'000);
  log_text log{1'000'000, account};
  while (log.add(false, std::string(1000, 'x')).text != memory_mark)
    CHECK(account->used() <= 100'000);
  CHECK(account->is_full());
  CHECK(log.allocated() == account->used());
}
