#include "io/base64_blocks.hpp"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace cog {

#ifdef __x86_64__

namespace {

constexpr size_t letters_per_step = 32;
constexpr size_t bytes_per_step = 24;

bool has_avx2() {
  static const bool known = __builtin_cpu_supports("avx2");
  return known;
}

/// 12 bytes of each half become 16 letters of it.
__attribute__((target("avx2"))) __m256i encode_step(__m256i bytes) {
  // Each group of three bytes a, b, c is spread to 32 bits as b, a, c, b: its four values of 6 bits then lie within
  // halves of 16 bits, and a multiplication moves each to a byte of its own.
  auto spread = _mm256_shuffle_epi8(bytes,
                                    _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10, 1, 0, 2, 1, 4,
                                                     3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10));
  auto even = _mm256_mulhi_epu16(_mm256_and_si256(spread, _mm256_set1_epi32(0x0fc0fc00)),
                                 _mm256_set1_epi32(0x04000040));   // right by 10 and by 6
  auto odd = _mm256_mullo_epi16(_mm256_and_si256(spread, _mm256_set1_epi32(0x003f03f0)),
                                _mm256_set1_epi32(0x01000010));   // left by 4 and by 8
  auto values = _mm256_or_si256(even, odd);
  // What to add to a value: by 0 for 26-51, 1-10 for the digits, 11 for +, 12 for /, 13 for 0-25.
  auto offsets = _mm256_setr_epi8(71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0, 71, -4, -4, -4, -4,
                                  -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0);
  auto kind = _mm256_subs_epu8(values, _mm256_set1_epi8(51));
  auto capital = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), values);
  kind = _mm256_or_si256(kind, _mm256_and_si256(capital, _mm256_set1_epi8(13)));
  return _mm256_add_epi8(values, _mm256_shuffle_epi8(offsets, kind));
}

/// All bits in the bytes from `first` to `last`.
__attribute__((target("avx2"))) __m256i between(__m256i letters, char first, char last) {
  return _mm256_and_si256(_mm256_cmpgt_epi8(letters, _mm256_set1_epi8(static_cast<char>(first - 1))),
                          _mm256_cmpgt_epi8(_mm256_set1_epi8(static_cast<char>(last + 1)), letters));
}

/// The values of 32 letters; false when one is not of the alphabet.
__attribute__((target("avx2"))) bool values_of(__m256i letters, __m256i& values) {
  auto known = _mm256_setzero_si256();
  auto offset = known;
  auto add = [&](char first, char last, int distance) __attribute__((target("avx2"))) {
    auto which = between(letters, first, last);
    known = _mm256_or_si256(known, which);
    offset = _mm256_or_si256(offset, _mm256_and_si256(which, _mm256_set1_epi8(static_cast<char>(distance))));
  };
  add('A', 'Z', -'A');
  add('a', 'z', 26 - 'a');
  add('0', '9', 52 - '0');
  add('+', '+', 62 - '+');
  add('/', '/', 63 - '/');
  values = _mm256_add_epi8(letters, offset);
  return _mm256_movemask_epi8(known) == -1;
}

/// Four values of 6 bits each become three bytes; the 24 bytes stand in front.
__attribute__((target("avx2"))) __m256i pack(__m256i values) {
  auto pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));   // the first of two times 64
  auto groups = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));      // the first of two times 4096
  auto ordered = _mm256_shuffle_epi8(groups,
                                     _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, 2, 1, 0,
                                                      6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
  return _mm256_permutevar8x32_epi32(ordered, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
}

__attribute__((target("avx2"))) size_t encode_all(std::string_view bytes, char* to) {
  size_t at = 0;
  // The second load ends 4 bytes behind the step.
  for (; at + bytes_per_step + 4 <= bytes.size(); at += bytes_per_step, to += letters_per_step) {
    auto* from = bytes.data() + at;
    auto both =
      _mm256_loadu2_m128i(reinterpret_cast<const __m128i*>(from + 12), reinterpret_cast<const __m128i*>(from));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), encode_step(both));
  }
  return at;
}

__attribute__((target("avx2"))) size_t decode_all(std::string_view text, char* to) {
  size_t at = 0;
  // A step writes 8 bytes more than it has: 12 letters behind it give room for them.
  for (; at + letters_per_step + 12 <= text.size(); at += letters_per_step, to += bytes_per_step) {
    __m256i values;
    if (!values_of(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(text.data() + at)), values))
      break;
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), pack(values));
  }
  return at;
}

}   // namespace

size_t encode_blocks(std::string_view bytes, char* to) {
  return has_avx2() ? encode_all(bytes, to) : 0;
}

size_t decode_blocks(std::string_view text, char* to) {
  return has_avx2() ? decode_all(text, to) : 0;
}

#else

size_t encode_blocks(std::string_view, char*) {
  return 0;
}

size_t decode_blocks(std::string_view, char*) {
  return 0;
}

#endif

}   // namespace cog
