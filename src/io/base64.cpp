#include "io/base64.hpp"
#include "io/base64_blocks.hpp"
#include <array>

namespace cog {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t foreign = 255;

/// Two letters for each value of 12 bits.
constexpr auto letter_pairs = [] {
  std::array<std::array<char, 2>, 4096> table{};
  for (size_t i = 0; i < table.size(); ++i)
    table[i] = {alphabet[i >> 6], alphabet[i & 63]};
  return table;
}();

constexpr auto values = [] {
  std::array<uint8_t, 256> table{};
  for (auto& value : table)
    value = foreign;
  for (uint8_t i = 0; i < 64; ++i)
    table[static_cast<uint8_t>(alphabet[i])] = i;
  return table;
}();

uint8_t value_of(char letter) {
  return values[static_cast<uint8_t>(letter)];
}

void put(char* out, size_t value) {
  out[0] = letter_pairs[value][0];
  out[1] = letter_pairs[value][1];
}

/// Writes the first `count` of the 3 bytes in `group`; returns `count`.
size_t put_group(char* to, uint32_t group, size_t count) {
  for (size_t i = 0; i < count; ++i)
    to[i] = static_cast<char>(group >> (16 - 8 * i));
  return count;
}

}   // namespace

void append_base64(std::string& out, std::string_view bytes) {
  auto start = out.size();
  out.resize(start + (bytes.size() + 2) / 3 * 4);
  auto* to = out.data() + start;
  auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])); };
  auto at = encode_blocks(bytes, to);
  for (to += at / 3 * 4; at + 3 <= bytes.size(); at += 3, to += 4) {
    auto group = byte(at) << 16 | byte(at + 1) << 8 | byte(at + 2);
    put(to, group >> 12);
    put(to + 2, group & 4095);
  }
  auto rest = bytes.size() - at;
  if (rest == 0)
    return;
  auto group = byte(at) << 16 | (rest == 2 ? byte(at + 1) << 8 : 0);
  put(to, group >> 12);
  to[2] = rest == 2 ? alphabet[group >> 6 & 63] : '=';
  to[3] = '=';
}

void base64_decoder::append(std::string_view text, std::string& out) {
  auto start = out.size();
  out.resize(start + text.size() / 4 * 3 + 6);
  auto* to = out.data() + start;
  size_t at = 0;
  while (at < text.size() && !ended_) {
    if (filled_ == 0) {
      // The common case, whole groups, in a loop of its own.
      auto first = at;
      at += decode_blocks(text.substr(at), to);
      for (to += (at - first) / 4 * 3; at + 4 <= text.size(); at += 4, to += 3) {
        uint32_t a = value_of(text[at]), b = value_of(text[at + 1]), c = value_of(text[at + 2]),
                 d = value_of(text[at + 3]);
        if ((a | b | c | d) > 63)
          break;
        put_group(to, a << 18 | b << 12 | c << 6 | d, 3);
      }
      pads_ = at > first ? 0 : pads_;
    }
    if (at < text.size())
      to += take(text[at++], to);
  }
  out.resize(static_cast<size_t>(to - out.data()));
}

size_t base64_decoder::take(char letter, char* to) {
  if (letter == '=') {
    ended_ = filled_ >= 2 && filled_ + ++pads_ >= 4;
    return ended_ ? put_group(to, group_ << 6 * (4 - filled_), filled_ - 1) : 0;
  }
  auto value = value_of(letter);
  if (value == foreign)
    return 0;
  pads_ = 0;
  group_ = (filled_ == 0 ? 0 : group_ << 6) | value;
  if (++filled_ < 4)
    return 0;
  filled_ = 0;
  return put_group(to, group_, 3);
}

std::string base64_decoder::finish() const {
  if (ended_ || filled_ == 0)
    return {};
  return filled_ == 1 ? "its base64 has one letter too many" : "its base64 lacks the padding (=) at the end";
}

}   // namespace cog
