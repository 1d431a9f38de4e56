#include "process/line_buffer.hpp"
#include <doctest/doctest.h>
#include <vector>

using namespace cog;

namespace {

struct lines {
  void add(std::string_view text) {
    buffer.add(text, [this](std::string_view line) { told.emplace_back(line); });
  }
  void finish() {
    buffer.finish([this](std::string_view line) { told.emplace_back(line); });
  }

  line_buffer buffer;
  std::vector<std::string> told;
};

using texts = std::vector<std::string>;

}   // namespace

TEST_CASE("line_buffer: lines come whole, in whatever pieces they arrive") {
  std::string text = "one\n\ntwo\r\nthree\rfour\n\r\nfive";
  for (size_t step = 1; step <= text.size(); ++step) {
    lines got;
    for (size_t at = 0; at < text.size(); at += step)
      got.add(std::string_view{text}.substr(at, step));
    CHECK(got.told == texts{"one", "", "two", "four", ""});
    got.finish();
    CHECK(got.told.back() == "five");
    got.finish();
    CHECK(got.told.size() == 6);
  }
}

TEST_CASE("line_buffer: of a progress bar the last state counts") {
  lines got;
  for (int percent = 0; percent <= 100; ++percent)
    got.add("\r" + std::to_string(percent) + "%");
  CHECK(got.told.empty());
  got.add("\n");
  CHECK(got.told == texts{"100%"});
}

TEST_CASE("line_buffer: a line without an end is cut at its limit, and none of it is lost") {
  constexpr size_t size = 3 * line_buffer::limit + 5;
  for (size_t step : {size_t{1000}, line_buffer::limit, line_buffer::limit + 1, size}) {
    lines got;
    for (size_t at = 0; at < size; at += step)
      got.add(std::string(std::min(step, size - at), 'x'));
    CHECK(got.told.size() == 3);
    for (auto& line : got.told)
      CHECK(line.size() == line_buffer::limit);
    got.finish();
    CHECK(got.told.back() == "xxxxx");
  }
}

TEST_CASE("line_buffer: a line as long as the limit is not cut") {
  lines got;
  got.add(std::string(line_buffer::limit, 'x') + "\n");
  CHECK(got.told.size() == 1);
}

TEST_CASE("line_buffer: no character is cut in two") {
  lines got;
  std::string text = "x";
  while (text.size() < 2 * line_buffer::limit)
    text += "\u20ac";
  got.add(text);
  REQUIRE(got.told.size() == 2);
  CHECK(got.told[0].size() == line_buffer::limit);   // 1 + 3 * 21845
  CHECK(got.told[1].size() == line_buffer::limit - 1);
  CHECK(got.told[1].starts_with("\u20ac"));
  lines stray;
  stray.add(std::string(line_buffer::limit + 10, '\x80'));
  CHECK(stray.told.size() == 1);
}
