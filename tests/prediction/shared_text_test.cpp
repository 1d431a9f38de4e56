#include "prediction/shared_text.hpp"
#include <doctest/doctest.h>
#include <vector>

using namespace cog;

TEST_CASE("shared_text: what is appended piece by piece stands in one stretch, separators included") {
  text_buffer buffer;
  shared_text text;
  buffer.append("1");   // what came before belongs to somebody else
  for (auto* chunk : {"\"a\"", "\"b\"", "\"c\""})
    text.append(buffer.append(chunk, text.empty() ? "" : ","), text.empty() ? "" : ",");
  CHECK(text.str() == R"("a","b","c")");
  CHECK(text.slices().size() == 1);
  CHECK(text.size() == text.str().size());
}

TEST_CASE("shared_text: what lies apart keeps its order and its separator") {
  shared_text text;
  text.append(make_slice("one"));
  text.append(make_slice("two"), ",");
  text.append({}, {});
  CHECK(text.str() == "one,two");
  CHECK(text.slices().size() == 3);
}

TEST_CASE("shared_text: another byte than the separator between two slices is not taken for it") {
  text_buffer buffer;
  shared_text text;
  text.append(buffer.append("a"));
  text.append(buffer.append("b", ";"), ",");
  CHECK(text.str() == "a,b");
}

TEST_CASE("shared_text: a part of it begins and ends anywhere") {
  shared_text text;
  for (auto* piece : {"abc", "def", "ghi"})
    text.append(make_slice(piece));
  for (size_t offset = 0; offset <= 10; ++offset)
    for (size_t length = 0; length <= 10; ++length) {
      auto part = text.part(offset, length);
      CHECK(part.str() == (offset > 9 ? "" : std::string{"abcdefghi"}.substr(offset, length)));
      CHECK(part.size() == part.str().size());
    }
}

TEST_CASE("shared_text: a copy shares the bytes, and keeps them when all others have gone") {
  auto account = std::make_shared<memory_account>(1 << 20);
  shared_text copy;
  {
    text_buffer buffer{account};
    shared_text text;
    text.append(buffer.append(std::string(5000, 'x')));
    copy = text;
    CHECK(copy.slices()[0].text.data() == text.slices()[0].text.data());
  }
  CHECK(account->used() >= 5000);
  CHECK(copy.str() == std::string(5000, 'x'));
  copy = {};
  CHECK(account->used() == 0);
}

TEST_CASE("text_buffer: earlier slices stay as they are while it grows") {
  text_buffer buffer;
  std::vector<text_slice> slices;
  std::vector<std::string> expected;
  for (size_t i = 0; i < 300; ++i) {
    expected.emplace_back(i * 7 % 1000 + 1, static_cast<char>('a' + i % 26));
    slices.push_back(buffer.append(expected.back(), i % 2 ? "," : ""));
  }
  for (size_t i = 0; i < slices.size(); ++i)
    CHECK(slices[i].text == expected[i]);
}

TEST_CASE("text_buffer: what does not fit the account is refused, and nothing is lost") {
  auto account = std::make_shared<memory_account>(10000);
  text_buffer buffer{account};
  auto first = buffer.append(std::string(6000, 'a'));
  CHECK(first.holder != nullptr);
  CHECK(buffer.append(std::string(6000, 'b')).holder == nullptr);
  CHECK(buffer.append("small").holder != nullptr);
  CHECK(first.text == std::string(6000, 'a'));
  CHECK(account->used() <= 10000);
}

TEST_CASE("text_buffer: an empty text takes nothing") {
  auto account = std::make_shared<memory_account>(10);
  text_buffer buffer{account};
  CHECK(buffer.append("").text.empty());
  CHECK(account->used() == 0);
}

TEST_CASE("text_buffer: little of what it allocates is left unused, whatever the size of the pieces") {
  for (size_t piece : {1, 100, 1000, 10'000, 16'384, 100'000, 132'000, 300'000}) {
    auto account = std::make_shared<memory_account>(uint64_t{1} << 40);
    text_buffer buffer{account};
    std::vector<text_slice> held;
    uint64_t bytes = 0;
    while (bytes < 10'000'000) {
      held.push_back(buffer.append(std::string(piece, 'x'), ","));
      bytes += piece + 1;
    }
    CHECK(buffer.allocated() == account->used());
    CHECK(buffer.allocated() < bytes + bytes / 10);
  }
}

TEST_CASE("text_buffer: where a block to grow in does not fit, one of the piece's size does") {
  auto account = std::make_shared<memory_account>(20'000);
  text_buffer buffer{account};
  std::vector<text_slice> held(19);
  for (auto& slice : held)
    slice = buffer.append(std::string(1000, 'x'));
  CHECK(held.back().holder != nullptr);
}
