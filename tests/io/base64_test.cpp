#include "io/base64.hpp"
#include "io/base64_blocks.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

std::string encode(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

struct decoded {
  std::string bytes;
  std::string problem;
};

/// Fed in pieces of `step` bytes.
decoded decode(std::string_view text, size_t step = std::string_view::npos) {
  base64_decoder decoder;
  decoded result;
  for (size_t at = 0; at < text.size(); at += std::min(step, text.size() - at))
    decoder.append(text.substr(at, step), result.bytes);
  result.problem = decoder.finish();
  return result;
}

std::string simply_encoded(std::string_view bytes) {
  std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t bit = 0; bit < bytes.size() * 8; bit += 6) {
    unsigned value = 0;
    for (size_t i = bit; i < bit + 6; ++i)
      value = value << 1 | (i / 8 < bytes.size() ? static_cast<uint8_t>(bytes[i / 8]) >> (7 - i % 8) & 1 : 0);
    out += alphabet[value];
  }
  return out.append((4 - out.size() % 4) % 4, '=');
}

std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 1024; ++i)
    bytes += static_cast<char>(i * 7);
  return bytes;
}

}   // namespace

TEST_CASE("base64: encodes the vectors of RFC 4648") {
  CHECK(encode("") == "");
  CHECK(encode("f") == "Zg==");
  CHECK(encode("fo") == "Zm8=");
  CHECK(encode("foo") == "Zm9v");
  CHECK(encode("foob") == "Zm9vYg==");
  CHECK(encode("fooba") == "Zm9vYmE=");
  CHECK(encode("foobar") == "Zm9vYmFy");
}

TEST_CASE("base64: the last two letters of the alphabet are plus and slash") {
  CHECK(encode("\xfb\xff\xbf") == "+/+/");
  CHECK(decode("+/+/").bytes == "\xfb\xff\xbf");
}

TEST_CASE("base64: pieces of a multiple of three join without a seam") {
  auto bytes = all_bytes();
  std::string joined;
  append_base64(joined, std::string_view{bytes}.substr(0, 300));
  append_base64(joined, std::string_view{bytes}.substr(300));
  CHECK(joined == encode(bytes));
}

TEST_CASE("base64: decodes what it encoded, however it is cut") {
  auto bytes = all_bytes();
  for (size_t length : {1022u, 1023u, 1024u}) {
    auto text = encode(std::string_view{bytes}.substr(0, length));
    for (size_t step : {1u, 2u, 3u, 4u, 5u, 7u, 64u, 5000u}) {
      auto result = decode(text, step);
      CHECK(result.problem.empty());
      CHECK(result.bytes == std::string_view{bytes}.substr(0, length));
    }
  }
}

TEST_CASE("base64: every length is what a simple encoder makes of it, and comes back") {
  auto bytes = all_bytes();
  for (size_t length = 0; length <= 300; ++length) {
    auto part = std::string_view{bytes}.substr(length, length);
    auto text = encode(part);
    CHECK(text == simply_encoded(part));
    auto back = decode(text);
    CHECK(back.problem.empty());
    CHECK(back.bytes == part);
  }
}

TEST_CASE("base64: blocks take whole groups only, and leave what is too short") {
  auto bytes = all_bytes();
  for (size_t length = 0; length <= 200; ++length) {
    auto part = std::string_view{bytes}.substr(0, length);
    std::string text((length + 2) / 3 * 4, '?');
    auto taken = encode_blocks(part, text.data());
    CHECK(taken % 3 == 0);
    CHECK(taken <= length);
    CHECK(text.substr(0, taken / 3 * 4) == encode(part.substr(0, taken)));
    std::string whole(text.size() / 4 * 3, '?');
    auto letters = encode(part);
    taken = decode_blocks(letters, whole.data());
    CHECK(taken % 4 == 0);
    CHECK(taken <= letters.size());
    CHECK(whole.substr(0, taken / 4 * 3) == part.substr(0, taken / 4 * 3));
  }
}

TEST_CASE("base64: every byte that is not of the alphabet is found in every place, and skipped") {
  std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text{alphabet};
  text += alphabet;
  auto bytes = decode(text).bytes;
  for (int value = 0; value < 256; ++value) {
    auto letter = static_cast<char>(value);
    if (alphabet.find(letter) != alphabet.npos || letter == '=')
      continue;
    for (size_t at = 0; at < 70; ++at) {
      auto spoilt = text;
      spoilt.insert(at, 1, letter);
      CHECK(decode(spoilt).bytes == bytes);
    }
  }
}

TEST_CASE("base64: foreign characters are skipped") {
  CHECK(decode("Zm\n9v\r\nY-m*F_y\xff").bytes == "foobar");
  CHECK(decode("Zm9vYg=\n=").bytes == "foob");
}

TEST_CASE("base64: missing padding is an error") {
  CHECK(decode("Zm9vYg").problem == "its base64 lacks the padding (=) at the end");
  CHECK(decode("Zm9vYg=").problem == "its base64 lacks the padding (=) at the end");
  CHECK(decode("Zm9vYmE").problem == "its base64 lacks the padding (=) at the end");
}

TEST_CASE("base64: a single letter left over is an error") {
  CHECK(decode("Zm9vY").problem == "its base64 has one letter too many");
}

TEST_CASE("base64: what follows the padding is ignored") {
  CHECK(decode("Zg==Zm9v").bytes == "f");
  CHECK(decode("Zm8=####").bytes == "fo");
  CHECK(decode("Zg==Z").problem.empty());
}

TEST_CASE("base64: padding where none belongs is skipped like a foreign character") {
  CHECK(decode("=Zm9v").bytes == "foo");
  CHECK(decode("Z=m9v").bytes == "foo");
  CHECK(decode("Zm=9v").bytes == "foo");
  CHECK(decode("====").problem.empty());
}
